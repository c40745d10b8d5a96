
/*
 * Copyright (C) ngx_apigw contributors
 */


/* preloaded, so that leak reports can name the functions of a module */

int
dlclose(void *handle)
{
    (void) handle;

    return 0;
}
