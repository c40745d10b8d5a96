# nginx's configure appends this to its Makefile

apigw_assets=$ngx_addon_dir/ngx_apigw_module/assets

cat << END >> $NGX_MAKEFILE

$NGX_OBJS/ngx_http_apigw_dashboard_page.c:	\\
		`echo $apigw_assets/*`
	perl $apigw_assets/embed.pl $apigw_assets > \$@.new
	mv \$@.new \$@
END
