#include <stddef.h>
#include <sys/types.h>

// glibc shows these under _GNU_SOURCE only, which Swift's Glibc module doesn't define.
#ifndef _GNU_SOURCE
int setns(int fd, int nstype);
int sched_getaffinity(pid_t pid, size_t size, void *mask);
int sched_setaffinity(pid_t pid, size_t size, const void *mask);
#endif
