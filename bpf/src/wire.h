/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What travels from the kernel programs to the capture through the ring, and
 * what the capture sets before the programs run. Go's mirror of every struct
 * and enum here is generated (bpf2go -type), never written by hand.
 */
#ifndef BUILDGRAPH_WIRE_H
#define BUILDGRAPH_WIRE_H

#define PATH_MAX 4096
#define TEXT_MAX 16384 /* bytes of argv or environment in one EVENT_TEXT */

enum event_type {
	EVENT_PATH = 1, /* struct path_event: what a path id stands for */
	EVENT_FORK,	/* struct fork_event */
	EVENT_EXEC,	/* struct exec_event, then its EVENT_TEXTs */
	EVENT_TEXT,	/* struct text_event: argv, environment, a symlink's text */
	EVENT_EXIT,	/* struct exit_event */
	EVENT_CPU,	/* struct cpu_event: after the last context switch */
	EVENT_ACCESS,	/* struct access_event */
	EVENT_HELD,	/* struct held_event: a descriptor open at exec */
	EVENT_OP,	/* struct op_event */
	EVENT_NOTE,	/* struct note_event */
	EVENT_TYPES,
};

/* Every event begins so. */
struct header {
	__u8 type;
	__u8 flags;
	__u16 build; /* the build whose event it is, counted from 1, then anew; what
			a path id stands for is the same for all of them */
	__u32 image; /* the program image that did it */
	__u64 time;  /* ns, CLOCK_BOOTTIME */
};

enum path_flag {
	PATH_TRUNCATED = 1,  /* deeper or longer than could be read */
	PATH_DELETED = 2,    /* had no name any more when it was read */
	PATH_ABSENT = 4,     /* nothing was found there */
	PATH_UNRESOLVED = 8, /* the kernel side could not follow it; see rest */
	PATH_DETACHED = 16,  /* in no mount namespace: pipe, memfd, ... */
};

struct path_head {
	struct header h; /* h.flags: enum path_flag */
	__u32 id;
	__u32 gen; /* inode generation */
	__u64 ino;
	__u32 dev;
	__u16 mode; /* i_mode; 0 where nothing was found */
	__u16 rest; /* with ABSENT or UNRESOLVED: where in path the part begins
		       that was not looked up: neither symlinks nor ".." in it
		       are resolved */
	__u16 len;
	__u8 nofollow; /* with UNRESOLVED: a last symlink is not followed */
	__u8 pad[5];
};

struct path_event {
	struct path_head head;
	char path[2 * PATH_MAX]; /* head.len of them are sent */
};

struct fork_event {
	struct header h; /* h.image: the parent's image at the fork, 0 for the
			    root of a build, which so begins; h.flags: 1 in
			    another mount namespace than the root's or, of a
			    root, than the capture's; of a root also 1 more than
			    the index of its trigger, times 2 */
	__u32 child;	 /* the child's first image */
	__u32 pid;
	__u64 start; /* the child's start time, ns, CLOCK_BOOTTIME */
};

enum exec_flag {
	EXEC_ADOPTED = 1, /* no exec: what an image that ran when it was first seen
			     had been made by; no EVENT_TEXT follows */
};

struct exec_event {
	struct header h; /* h.image: the new image; h.flags: enum exec_flag */
	__u32 old;	 /* the image it replaced */
	__u32 pid;
	__u32 exe;    /* path ids from here on */
	__u32 interp; /* ELF interpreter, 0 for none */
	__u32 cwd;
	__u32 uid;
	__u32 lost;  /* events of the image it replaced */
	__u32 mntns; /* 1: another mount namespace than the build's root */
	__u32 gid;
};

enum text_kind {
	TEXT_ARGV = 1,
	TEXT_ENV,
	TEXT_SYMLINK, /* belongs to the EVENT_OP that follows */
	TEXT_NOTE,    /* belongs to the EVENT_NOTE that follows */
};

enum text_flag {
	TEXT_MORE = 1,	 /* the next EVENT_TEXT of this kind goes on */
	TEXT_FAILED = 2, /* not all of it could be read */
};

struct text_head {
	struct header h; /* h.flags: enum text_flag */
	__u32 kind;
	__u32 len;
};

struct text_event {
	struct text_head head;
	char text[TEXT_MAX]; /* head.len of them are sent */
};

struct exit_event {
	struct header h;
	__u32 pid;
	__s32 status; /* as wait(2) gives it */
	__u64 cpu;    /* ns, as known before the last context switch */
	__u64 rss;    /* peak, pages */
	__u32 lost; /* events of this image */
	__u32 pad;
};

struct cpu_event {
	struct header h;
	__u64 cpu; /* ns, final */
};

/* Bits of access_event.kinds: store.AccessKind has the same values. */
enum access_kind {
	ACCESS_READ = 1,
	ACCESS_WRITE = 2,
	ACCESS_CREATE = 4,
	ACCESS_TRUNCATE = 8,
	ACCESS_MAP = 16,
	ACCESS_EXECUTE = 32,
	ACCESS_LIST = 64,
	ACCESS_STAT = 128,
	ACCESS_ABSENT = 256,
	ACCESS_LINK = 512,
};

enum access_flag {
	ACCESS_FOLDING = 1, /* not a use, but the first that is folded: struct
			       fold has what follows */
	ACCESS_MAYBE = 2,   /* executed if it begins with #!, else not used */
	ACCESS_SCRIPT = 4,  /* the #! script that the image runs */
	ACCESS_BY_FD = 8,   /* through a descriptor, however it was come by */
};

struct access_event {
	struct header h; /* h.flags: enum access_flag */
	__u32 path;
	__u32 kinds;
	__u64 object; /* of struct fold_key */
};

struct held_event {
	struct header h;
	__u32 path;
	__s32 fd;
	__u32 mode; /* 1 read, 2 write */
	__u32 pad;
};

/* store.OpKind has the same values. */
enum op_kind {
	OP_RENAME = 1,
	OP_EXCHANGE,
	OP_LINK,
	OP_SYMLINK,
	OP_UNLINK,
	OP_MKDIR,
	OP_RMDIR,
	OP_MKNOD,
	OP_TRUNCATE,
	OP_TOUCH,
	OP_CHMOD,
	OP_CHOWN,
	OP_COPY,
	OP_CHDIR,
	OP_CHROOT,
};

struct op_event {
	struct header h; /* h.flags: enum op_kind */
	__u32 path;
	__u32 other;
	__u32 arg; /* mode of chmod, mkdir, mknod */
	__u32 pad;
};

enum note_kind {
	NOTE_IO_URING = 1,
	NOTE_RIGHTS,   /* path: the file received */
	NOTE_CONNECT,  /* to a socket; text: its sockaddr */
	NOTE_MOUNT_NS, /* entered another mount namespace, or mounted */
	NOTE_PATH,     /* a path that could not be read */
	NOTE_HELD,     /* more descriptors open at exec than were looked at */
};

struct note_event {
	struct header h;
	__u32 kind;
	__u32 path;
	__s64 arg;
};

/* What a system call means to the programs: an entry of the calls table. */
enum call_op {
	CALL_NONE,
	CALL_OPEN,
	CALL_OPENAT2,
	CALL_OPEN_HANDLE,
	CALL_STAT,
	CALL_READLINK,
	CALL_READ,
	CALL_WRITE,
	CALL_COPY,
	CALL_MMAP,
	CALL_LIST,
	CALL_IOCTL,
	CALL_EXEC,
	/* changes to names, and what is rare */
	CALL_RENAME,
	CALL_LINK,
	CALL_SYMLINK,
	CALL_UNLINK,
	CALL_RMDIR,
	CALL_MKDIR,
	CALL_MKNOD,
	CALL_TRUNCATE,
	CALL_FTRUNCATE,
	CALL_TOUCH,
	CALL_CHMOD,
	CALL_FCHMOD,
	CALL_CHOWN,
	CALL_FCHOWN,
	CALL_CHDIR,
	CALL_FCHDIR,
	CALL_CHROOT,
	CALL_NAMESPACE,
	CALL_RECVMSG,
	CALL_CONNECT,
	CALL_IO_URING,
	CALL_GETFD,
};

#define NO_ARG 15

/* How a call that takes a path treats a symlink in its last component. */
enum follow {
	FOLLOW_NEVER,
	FOLLOW_ALWAYS,
	FOLLOW_UNLESS_FLAG, /* AT_SYMLINK_NOFOLLOW in its flags */
	FOLLOW_IF_FLAG,	    /* AT_SYMLINK_FOLLOW in its flags */
};

struct call {
	__u8 op;     /* enum call_op */
	__u8 dir;    /* which argument is the directory's fd, or NO_ARG */
	__u8 path;   /* which is the path (for calls on descriptors: the fd) */
	__u8 flags;  /* which holds the flags, mode, ...; or NO_ARG */
	__u8 follow; /* enum follow */
	__u8 dir2;   /* the second path of rename and link, second fd of copies */
	__u8 path2;
	__u8 extra;  /* rename: argument of renameat2's flags, or NO_ARG */
};

/* What the kernel counted: one per CPU, added up by the capture. */
struct counts {
	__u64 emitted[16]; /* by event type, lost ones included */
	__u64 lost[16];
	__u64 folded;
	__u64 unreadable; /* paths whose string could not be read */
	__u64 full;	  /* processes that did not fit into the table */
};

/* A name that makes a build of the process that is executed by it. */
struct trigger {
	__u64 name[2]; /* as task_struct.comm */
};

/* What was lost of one build, as far as it is known to be of that one. */
struct losses {
	__u32 events[16]; /* by event type: the ring was full */
	__u32 full;	  /* processes that did not fit into the table */
};

/* Whose an event is. */
struct who {
	__u32 image; /* 0: a process that the capture started for itself */
	__u16 build;
	__u16 pad;
};

/* A traced process. */
struct proc {
	struct who who;
	__u32 mntns; /* 1: another mount namespace than the build's root */
	__u32 lost;  /* events of this image that found the ring full */
	__u64 root_mntns; /* the build's root's mount namespace */
	__u32 adopted;	  /* 1: it ran when the capture came to it */
	__u32 program;	  /* id of its name, where calls are counted: see count.h */
	__u64 script[2]; /* hash of the name of a #! script that was
			    executed; 0: none */
};

/* A way in which an image used a file. The file is known by its dentry, or by
 * its path id where the call only named it. */
struct fold_key {
	__u64 object;
	__u32 image;
	__u32 kinds;
};

struct fold {
	__u64 last;  /* ns, CLOCK_BOOTTIME */
	__u32 count; /* uses by name that were folded away */
	__u32 told;  /* ACCESS_FOLDING was sent */
	/* For the kernel side alone: whether it is still that file, under that
	 * name, with that content. */
	__u64 parent, hash_len, ino;
	__u32 generation, changes, epoch;
	__u32 path;
};

/* What is counted of system calls: one a program, call and processor. */
struct call_key {
	__u32 number;
	__u16 program; /* see programs in count.h */
	__u16 where;   /* the processor, and CALL_COMPAT */
};

#define CALL_COMPAT 0x8000 /* through the 32-bit entry: 32-bit numbers */
#define PROGRAM_OTHER 0xffff /* programs whose names found no place */

struct call_count {
	__u64 calls;
	__u64 errors; /* that returned an error number */
	__u64 ns;     /* spent in them, where it was measured */
};

/* A signal that somebody else sent to the build's root process. */
struct received {
	__u64 time; /* CLOCK_BOOTTIME, ns */
	__u64 count;
};

#endif
