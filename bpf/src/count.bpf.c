// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The programs that count system calls: an object of their own, so that a capture
 * that does not count pays nothing for them.
 */
#include "count.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
