/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A system call that has ended: its arguments by what they mean. */
#ifndef BUILDGRAPH_REQUEST_H
#define BUILDGRAPH_REQUEST_H

#include "resolve.h"

#define ENOENT 2
#define EACCES 13
#define EPERM 1
#define EEXIST 17
#define ENOTDIR 20
#define EISDIR 21
#define ETXTBSY 26
#define EROFS 30

#define O_TRUNC 01000
#define O_TMPFILE 020000000
#define AT_EMPTY_PATH 0x1000
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_REMOVEDIR 0x200
#define AT_SYMLINK_FOLLOW 0x400
#define RENAME_EXCHANGE 2
#define PROT_WRITE 2
#define PROT_EXEC 4
#define MAP_PRIVATE 2
#define MAP_TYPE 15
#define MAP_ANONYMOUS 0x20
#define FICLONE 0x40049409
#define FICLONERANGE 0x4020940d

static __always_inline s64 argument(struct request *r, u32 i)
{
	return i < 6 ? r->args[i & 7] : 0;
}

static __always_inline s32 directory(struct request *r, u32 i)
{
	return i < 6 ? (s32)r->args[i & 7] : AT_FDCWD;
}

static __always_inline u32 follow_of(struct request *r)
{
	u64 flags = argument(r, r->call.flags);

	switch (r->call.follow) {
	case FOLLOW_ALWAYS:
		return WANT_FOLLOW;
	case FOLLOW_UNLESS_FLAG:
		return flags & AT_SYMLINK_NOFOLLOW ? 0 : WANT_FOLLOW;
	case FOLLOW_IF_FLAG:
		return flags & AT_SYMLINK_FOLLOW ? WANT_FOLLOW : 0;
	}
	return 0;
}

#endif
