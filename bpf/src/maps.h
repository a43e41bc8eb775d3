/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The maps that the programs share, and what the capture sets or reads. */
#ifndef BUILDGRAPH_MAPS_H
#define BUILDGRAPH_MAPS_H

#include "kernel.h"
#include "wire.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define CALLS 512
#define GENS 65536
#define TRIGGERS 16

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20); /* the capture sets its own */
} events SEC(".maps");

/* The processes of the build, by tgid in the initial PID namespace. Entries
 * are made at fork, before the child can run, and go at exit, while the PID is
 * still taken: a PID in use names one process. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 16);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, struct proc);
} procs SEC(".maps");

/* Lost events by image, of those whose exec or exit was lost too. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 12);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, u32);
} unreported SEC(".maps");

/* What was lost, by build; of 0: what is not known to be of one. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 12);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, struct losses);
} losses SEC(".maps");

/* Exited processes whose last context switch is still to come, by task. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 14);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u64);
	__type(value, struct who);
} dying SEC(".maps");

/* Path ids of dentries. The key holds enough to tell a dentry from another one
 * that was given the same memory later; what it cannot tell (a directory above
 * was renamed or removed) is what epoch is for. Losing an entry costs a second
 * EVENT_PATH and nothing else. */
struct name_key {
	u64 dentry;
	u64 parent;
	u64 mnt;
	u64 hash_len;
	u64 ino;
	u32 gen;
	u32 pad;
};

struct name {
	u32 id;
	u32 epoch;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1 << 14);
	__type(key, struct name_key);
	__type(value, struct name);
} names SEC(".maps");

/* Path ids of (directory, string) pairs, for calls that name a file and give
 * no descriptor of it. What a string leads to changes when a directory moves or
 * a symlink is made (epoch), and when the file or a symlink on the way is
 * replaced or removed (witnesses). */
struct lookup_key {
	u64 dentry; /* where the string starts from */
	u64 mnt;
	u64 hash[2];
	u32 len;
	u32 flags;
};

/* A name and what it led to, to see later whether it still does. */
struct witness {
	u64 dentry; /* 0: none */
	u64 inode;
	u64 parent;
	u64 hash_len;
};

#define LINKS_KEPT 2

struct lookup {
	u32 id;
	u32 epoch;
	u32 gen; /* of what was found */
	u32 pad;
	struct witness found;		   /* empty: nothing was found */
	struct witness links[LINKS_KEPT]; /* symlinks on the way */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1 << 14);
	__type(key, struct lookup_key);
	__type(value, struct lookup);
} lookups SEC(".maps");

/* Fingerprints of uses of files that were reported, each in the place that it
 * hashes to. */
#define RECENT_BITS 15

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << RECENT_BITS);
	__type(key, u32);
	__type(value, u64);
} recent SEC(".maps");

/* What an image has been reported to have done to a file more than once. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1 << 14);
	__type(key, struct fold_key);
	__type(value, struct fold);
} folds SEC(".maps");

/* How often inodes were changed, by a hash of the inode: two that share a slot
 * cost each other a duplicate event. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GENS);
	__type(key, u32);
	__type(value, u32);
} gens SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct counts);
} counters SEC(".maps");

/* Signals that reached the build's root process from elsewhere. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 65);
	__type(key, u32);
	__type(value, struct received);
} signals SEC(".maps");

/* A file as its dentry and inode have it now. */
struct object {
	u64 dentry;
	u64 mnt; /* struct mount */
	u64 parent;
	u64 hash_len;
	u64 inode;
	u64 sb;
	u64 ino;
	u32 gen;
	u16 mode;
	u16 fmode; /* with a descriptor: its f_mode's low bits */
	u32 created; /* FMODE_CREATED */
	u32 pad;
};

/* A system call being looked at. */
struct request {
	struct call call;
	u64 args[6];
	s64 ret;
	u32 compat;
	u32 pad;
};

/* A path being followed, component by component. */
struct walk {
	u64 dentry;
	u64 mnt; /* struct mount */
	u64 root_dentry;
	u64 root_mnt;
	u32 rest;   /* where in scratch.rest the part not yet followed begins */
	u32 follow; /* follow a symlink in the last component */
	u32 links;  /* symlinks followed so far */
	u32 state;  /* enum walk_state */
	u32 own;    /* what it leads to depends on who asks (/proc/self) */
	u32 pad;
	struct witness kept[LINKS_KEPT];
};

enum walk_state {
	WALK_ON,
	WALK_FOUND,
	WALK_ABSENT,
	WALK_UNRESOLVED,
};

#define REST_END (2 * PATH_MAX)

/* Where a program works on strings. One slot a program: two programs can meet
 * on a CPU when a task is preempted, the same program cannot. */
enum slot { SLOT_SYSCALL, SLOT_EXEC, SLOT_ADOPT, SLOTS };

/* The verifier bounds an offset into rest and a length apart, not their sum, so
 * what follows rest has to be longer than one piece put there. */
struct scratch {
	struct request req;
	struct walk walk;
	struct object object;
	/* the stack, all calls together, has 512 bytes */
	struct name_key name_key;
	struct lookup_key lookup_key;
	struct lookup lookup;
	struct fold fold;
	u32 pos; /* where in build the path begins */
	u32 flags;
	u64 hash[2];
	char rest[REST_END];	  /* filled from its end downwards */
	char build[2 * PATH_MAX]; /* filled from PATH_MAX downwards */
	char name[PATH_MAX];
	struct path_event path;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, u32);
	__type(value, struct text_event);
} texts SEC(".maps");

/* Set before the programs are loaded. */
const volatile struct call calls[CALLS];   /* by system call number */
const volatile struct call calls32[CALLS]; /* of the 32-bit entry on amd64 */
const volatile u32 spawner;		   /* tgid that starts the build's root */
const volatile u64 wake_at;		   /* bytes in the ring worth a wakeup */
const volatile u32 own_mntns;		   /* inode of the spawner's mount namespace */
const volatile u32 watching;		   /* 1: no child of the spawner's is of a build
					      but the one it is armed for */
const volatile u32 target;		   /* tgid of a process to adopt */
const volatile u32 trigger_count;	   /* how many of triggers are set */
const volatile struct trigger triggers[TRIGGERS];

const volatile struct losses no_losses; /* to begin from */

/* Set and read while they run. */
u32 armed;	/* 1: the spawner's next child is the root */
u32 root_tgid;
u32 builds;	/* that have begun */
u32 over;	/* of them, those whose end the capture has seen to */
u32 adopted;	/* processes that adopt_task has entered */
u32 epoch;	/* see names and lookups */
u32 next_path;
u32 next_image;
u64 hash_table; /* the kernel's dentry hash table; 0: not known */
u32 hash_shift;

static __always_inline struct scratch *scratch_of(u32 slot)
{
	return bpf_map_lookup_elem(&scratches, &slot);
}

#endif
