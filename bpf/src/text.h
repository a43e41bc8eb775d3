/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Hashing strings eight bytes at a time (kernel: fs/namei.c, word-at-a-time.h). */
#ifndef BUILDGRAPH_TEXT_H
#define BUILDGRAPH_TEXT_H

#include "maps.h"

#define GOLDEN 0x61C8864680B583EBull
#define ONES 0x0101010101010101ull
#define HIGHS 0x8080808080808080ull

static __always_inline u64 rol(u64 x, int n)
{
	return x << n | x >> (64 - n);
}

/* HASH_MIX of fs/namei.c, 64 bit */
#define MIX(x, y, a)                                                           \
	(x ^= (a), y ^= x, x = rol(x, 12), x += y, y = rol(y, 45), y *= 9)

static __always_inline u32 fold_hash(u64 x, u64 y)
{
	y ^= x * GOLDEN;
	y *= GOLDEN;
	return y >> 32;
}

static __always_inline u64 zero_bytes(u64 x)
{
	return (x - ONES) & ~x & HIGHS;
}

/* hash_name leaves 128 bits of hash of the n bytes in name, n up to 256. Four
 * words a turn: each turn is a branch that the verifier follows both ways. */
__noinline int hash_name(u32 slot, u32 n)
{
	struct scratch *s = scratch_of(slot);
	u64 x = 0, y = 0, *w;

	if (!s)
		return 0;
	/* whole turns from here on */
	__builtin_memset(&s->name[n & 511], 0, 32);
	for (u32 i = 0; i < 8; i++) {
		if (i * 32 >= n)
			break;
		w = (u64 *)&s->name[i * 32];
		MIX(x, y, w[0]);
		MIX(x, y, w[1]);
		MIX(x, y, w[2]);
		MIX(x, y, w[3]);
	}
	s->hash[0] = x;
	s->hash[1] = y;
	return 0;
}

#endif
