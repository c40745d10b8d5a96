# apigw_pricing and "pricing" of a usage plan: what nginx -t says.

use Test::Nginx::Socket 'no_plan';

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(http_config => $block->x_conf) if $block->x_conf;
    $block->set_value(config => '') if !defined $block->x_config;

    if (defined $block->error_log) {
        $block->set_value(must_die => 1);

    } else {
        $block->set_value(request => 'GET /');
        $block->set_value(error_code => 200);
        $block->set_value(no_error_log => "[alert]\n[emerg]\n[crit]");
    }
});

no_long_string();
run_tests();

__DATA__

=== TEST 1: AWS's tiers, declared after their plan
--- x_conf
    apigw_usage_plan gold { pricing rest; }
    apigw_pricing rest {
        currency  USD;
        requests  333m  3.50;
        requests  667m  2.80;
        requests  19000m 2.38;
        requests  1.51;
        transfer  10t 0.09;
        transfer  0.085;
        increment 512k;
    }



=== TEST 2: nothing to be paid, twice over, and nobody who uses it
--- x_conf
    apigw_pricing none { }
    apigw_pricing free { currency EUR; requests 0; transfer 0.000000; }
    apigw_usage_plan gold { pricing none; }



=== TEST 3: an unknown pricing
--- x_conf
    apigw_usage_plan gold { pricing rest; }
--- error_log eval
qr/\[emerg\] .*unknown pricing "rest" in .*nginx.conf:\d+/



=== TEST 4: a duplicate pricing
--- x_conf
    apigw_pricing rest { requests 1; }
    apigw_pricing rest { requests 2; }
--- error_log eval
qr/\[emerg\] .*the duplicate pricing "rest", see .*nginx.conf:\d+/



=== TEST 5: two pricings of one plan
--- x_conf
    apigw_pricing rest { requests 1; }
    apigw_usage_plan gold { pricing rest; pricing rest; }
--- error_log
the duplicate pricing in the usage plan "gold"



=== TEST 6: a plan's pricing without a name
--- x_conf
    apigw_usage_plan gold { pricing; }
--- error_log
invalid "pricing": the name of an "apigw_pricing" is expected



=== TEST 7: an unknown directive
--- x_conf
    apigw_pricing rest { price 1; }
--- error_log
unknown directive "price" in a pricing: "currency", "requests", "transfer" or "increment" is expected



=== TEST 8: a currency in small letters
--- x_conf
    apigw_pricing rest { currency usd; }
--- error_log
invalid "currency": three capital letters are expected, such as "USD"



=== TEST 9: two currencies
--- x_conf
    apigw_pricing rest { currency USD; currency USD; }
--- error_log
the duplicate currency in the pricing "rest"



=== TEST 10: no last tier
--- x_conf
    apigw_pricing rest { requests 333m 3.50; }
--- error_log eval
qr/\[emerg\] .*invalid pricing "rest": a last "requests" without a count is expected in .*:\d+/



=== TEST 11: no last size
--- x_conf
    apigw_pricing rest { transfer 10t 0.09; }
--- error_log
invalid pricing "rest": a last "transfer" without a size is expected



=== TEST 12: a tier after the last one
--- x_conf
    apigw_pricing rest { requests 3.50; requests 333m 2; }
--- error_log
invalid "requests": the tier without a count is the last one



=== TEST 13: two last tiers
--- x_conf
    apigw_pricing rest { transfer 3.50; transfer 2; }
--- error_log
invalid "transfer": the tier without a count is the last one



=== TEST 14: seven digits after the point
--- x_conf
    apigw_pricing rest { requests 0.0000001; }
--- error_log
invalid "requests": a price such as "3.50" is expected, up to 1000000, with up to 6 digits after the point



=== TEST 15: a negative price
--- x_conf
    apigw_pricing rest { requests -1; }
--- error_log
invalid "requests": a price such as "3.50" is expected



=== TEST 16: a price that is too high
--- x_conf
    apigw_pricing rest { transfer 1000000.000001; }
--- error_log
invalid "transfer": a price such as "3.50" is expected



=== TEST 17: no price
--- x_conf
    apigw_pricing rest { requests; }
--- error_log
invalid "requests": a price, or a count and a price, are expected



=== TEST 18: a count of a unit that there is not
--- x_conf
    apigw_pricing rest { requests 10t 1; requests 1; }
--- error_log
invalid "requests": a count such as "333m" is expected, with "k" or "m"



=== TEST 19: a tier of nothing
--- x_conf
    apigw_pricing rest { requests 0 1; requests 1; }
--- error_log
invalid "requests": a count such as "333m" is expected



=== TEST 20: more than can be counted
--- x_conf
    apigw_pricing rest { transfer 4194303t 1; transfer 2t 1; transfer 1; }
--- error_log
invalid "transfer": a size such as "10t" is expected, with "k", "m", "g" or "t"



=== TEST 21: seventeen tiers
--- x_conf eval
    "apigw_pricing rest {" . "requests 1 1;" x 17 . "}"
--- error_log
invalid "requests": 16 tiers are allowed



=== TEST 22: an increment of nothing
--- x_conf
    apigw_pricing rest { increment 0; }
--- error_log
invalid "increment": a size such as "512k" is expected



=== TEST 23: two increments
--- x_conf
    apigw_pricing rest { increment 1k; increment 1k; }
--- error_log
the duplicate increment in the pricing "rest"
