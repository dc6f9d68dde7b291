#include <pcap/pcap.h>
#include <stdio.h>
#include <sys/types.h>

// nss.h, which Swift's Glibc module leaves out.
int __nss_configure_lookup(const char *database, const char *services);

// glibc shows fopencookie(3) under _GNU_SOURCE only, which Swift's Glibc module doesn't define.
#ifndef _GNU_SOURCE
typedef struct {
    ssize_t (*read)(void *, char *, size_t);
    ssize_t (*write)(void *, const char *, size_t);
    int (*seek)(void *, off_t *, int);
    int (*close)(void *);
} cookie_io_functions_t;
FILE *fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions);
#endif
