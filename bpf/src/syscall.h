/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What system calls did, told at their end: the arguments are still in the
 * registers, the strings they point to are in memory because the kernel has
 * just read them, and the descriptor that an open gave leads to the very file.
 */
#ifndef BUILDGRAPH_SYSCALL_H
#define BUILDGRAPH_SYSCALL_H

#include "change.h"
#include "script.h"

/* An open that succeeded: r->ret is the descriptor. */
__noinline int opened(struct proc *p, struct scratch *s)
{
	struct request *r;
	struct object *o;
	u32 kinds = 0;
	u64 flags;

	if (!p || !s)
		return 0;
	r = &s->req;
	o = &s->object;
	flags = argument(r, r->call.flags);
	if (!describe_file(o, file_at(r->ret)))
		return 0;
	if (r->call.op == CALL_OPENAT2) {
		u64 how = 0;

		bpf_probe_read_user(&how, sizeof(how), (void *)flags);
		flags = how;
	} else if (r->call.extra == 1) {
		flags = O_TRUNC; /* creat */
	}
	if (o->created || (flags & O_TMPFILE))
		kinds |= ACCESS_CREATE;
	else if ((flags & O_TRUNC) && (o->fmode & FMODE_WRITE))
		kinds |= ACCESS_TRUNCATE;
	if ((o->mode & S_IFMT) == S_IFDIR || (o->fmode & FMODE_PATH))
		kinds |= ACCESS_STAT;
	else if ((o->fmode & (FMODE_READ | FMODE_WRITE)) == FMODE_READ)
		kinds |= ACCESS_READ;
	else if ((o->fmode & (FMODE_READ | FMODE_WRITE)) == FMODE_WRITE)
		kinds |= ACCESS_WRITE;
	else if (!kinds)
		kinds |= ACCESS_STAT; /* O_RDWR: reads and writes will tell */
	if (kinds & (ACCESS_WRITE | ACCESS_CREATE | ACCESS_TRUNCATE))
		changed(o->ino);
	use_object(p, kinds, true);
	return 0;
}

/* Reading or writing through a descriptor, however it was come by. */
__noinline int moved(struct proc *p, struct scratch *s, s32 fd, u32 kinds)
{
	struct object *o;
	u16 type;

	if (!p || !s)
		return 0;
	o = &s->object;
	if (!describe_file(o, file_at(fd)))
		return 0;
	type = o->mode & S_IFMT;
	if (type != S_IFREG && type != S_IFIFO && type != S_IFSOCK)
		return 0;
	if (kinds & ACCESS_WRITE)
		changed(o->ino);
	use_object(p, kinds, false);
	return 0;
}

/* Content that the kernel carried from one descriptor to another. */
__noinline int copied(struct proc *p, struct scratch *s, s32 from, s32 to, u32 some)
{
	u64 in = file_at(from), out = file_at(to);
	struct object *o;
	u32 a, b;
	u16 type;

	if (!p || !s)
		return 0;
	o = &s->object;
	moved(p, s, from, ACCESS_READ);
	if (!some)
		return 0; /* the end of an empty file was read */
	type = o->mode & S_IFMT;
	moved(p, s, to, ACCESS_WRITE);
	if (!in || !out || type != S_IFREG || (o->mode & S_IFMT) != S_IFREG)
		return 0;
	a = path_of_file(in, SLOT_SYSCALL);
	b = path_of_file(out, SLOT_SYSCALL);
	op(p, OP_COPY, a, b, 0);
	return 0;
}

__noinline int mapped(struct proc *p, struct scratch *s)
{
	struct request *r;
	struct object *o;
	u32 kinds = ACCESS_MAP;
	u64 prot, flags;

	if (!p || !s)
		return 0;
	r = &s->req;
	o = &s->object;
	prot = r->args[2];
	flags = r->args[3];
	if (flags & MAP_ANONYMOUS)
		return 0;
	if (!describe_file(o, file_at(r->args[4])) || (o->mode & S_IFMT) != S_IFREG)
		return 0;
	if ((flags & MAP_TYPE) != MAP_PRIVATE && (o->fmode & FMODE_WRITE))
		kinds |= ACCESS_READ | ACCESS_WRITE;
	else if (o->fmode & FMODE_WRITE)
		kinds |= ACCESS_READ;
	else if (!(prot & PROT_EXEC))
		return 0; /* its open for reading has said as much */
	if (kinds & ACCESS_WRITE)
		changed(o->ino);
	use_object(p, kinds, false);
	return 0;
}

/* Calls that only ask about a name: stat, access, readlink; and opens and
 * execs that failed. */
__noinline int asked(struct proc *p, struct scratch *s)
{
	struct request *r;
	u32 kinds, want, path;

	if (!p || !s)
		return 0;
	r = &s->req;
	want = follow_of(r);
	if (r->ret >= 0) {
		want |= WANT_FOUND;
		kinds = r->call.op == CALL_READLINK ? ACCESS_LINK : ACCESS_STAT;
	} else if (r->ret == -ENOENT || r->ret == -ENOTDIR) {
		want |= r->ret == -ENOENT ? WANT_ABSENT : WANT_ABSENT | WANT_NOTDIR;
		kinds = ACCESS_ABSENT;
	} else if (r->ret == -EACCES || r->ret == -EPERM || r->ret == -EEXIST ||
		   r->ret == -EISDIR || r->ret == -ETXTBSY || r->ret == -EROFS) {
		if (r->call.op == CALL_READLINK)
			return 0;
		want |= WANT_FOUND;
		kinds = ACCESS_STAT;
	} else {
		return 0;
	}
	path = resolve_user(p, SLOT_SYSCALL, directory(r, r->call.dir),
			    argument(r, r->call.path), want);
	use_path(p, path, kinds);
	return 0;
}

static __always_inline long number_of(struct pt_regs *regs, u32 *compat)
{
#if defined(__TARGET_ARCH_x86)
	struct task_struct *task = bpf_get_current_task_btf();
	long nr = regs->orig_ax;

	*compat = !!(task->thread_info.status & 2); /* TS_COMPAT */
	return nr & ~0x40000000l; /* x32 */
#else
	*compat = 0;
	return regs->syscallno;
#endif
}

static __always_inline void take_args(struct pt_regs *regs, struct request *r)
{
#if defined(__TARGET_ARCH_x86)
	if (r->compat) {
		r->args[0] = (u32)regs->bx;
		r->args[1] = (u32)regs->cx;
		r->args[2] = (u32)regs->dx;
		r->args[3] = (u32)regs->si;
		r->args[4] = (u32)regs->di;
		r->args[5] = (u32)regs->bp;
		return;
	}
	r->args[0] = regs->di;
	r->args[1] = regs->si;
	r->args[2] = regs->dx;
	r->args[3] = regs->r10;
	r->args[4] = regs->r8;
	r->args[5] = regs->r9;
#else
	r->args[0] = regs->orig_x0;
	r->args[1] = regs->regs[1];
	r->args[2] = regs->regs[2];
	r->args[3] = regs->regs[3];
	r->args[4] = regs->regs[4];
	r->args[5] = regs->regs[5];
#endif
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	const volatile struct call *call;
	struct scratch *s;
	struct request *r;
	struct proc *p;
	u32 compat;
	long nr = number_of(regs, &compat);
	u8 kind;

	if (builds == over) /* none is being recorded */
		return 0;
	if (nr < 0 || nr >= CALLS)
		return 0;
	call = compat ? &calls32[nr] : &calls[nr];
	kind = call->op;
	if (kind == CALL_NONE)
		return 0;
	/* Reads and renames that failed moved nothing; a readlink of what is no
	 * symlink is how gcc looks for one. */
	if (ret < 0 && (kind > CALL_EXEC || (kind >= CALL_READ && kind < CALL_EXEC) ||
			(kind == CALL_READLINK && ret != -ENOENT && ret != -ENOTDIR)) &&
	    !(kind == CALL_MMAP && ret < -4095))
		return 0;
	p = current_proc();
	if (!p && (ret < 0 || kind <= CALL_EXEC || kind > CALL_NAMESPACE))
		return 0;
	s = scratch_of(SLOT_SYSCALL);
	if (!s)
		return 0;
	r = &s->req;
	r->compat = compat;
	r->ret = ret;
	take_args(regs, r);
	__builtin_memcpy(&r->call, (const void *)call, sizeof(r->call));
	if (!p) {
		foreign_change(SLOT_SYSCALL);
		return 0;
	}

	switch (kind) {
	case CALL_OPEN:
	case CALL_OPENAT2:
		if (ret >= 0)
			opened(p, s);
		else
			asked(p, s);
		break;
	case CALL_OPEN_HANDLE:
		if (ret >= 0)
			opened(p, s);
		break;
	case CALL_EXEC: /* sched_process_exec has told the rest */
		if (ret >= 0) {
			if (p->script[0])
				scripts(p);
			break;
		}
		asked(p, s);
		break;
	case CALL_STAT:
	case CALL_READLINK:
		asked(p, s);
		break;
	case CALL_MMAP:
		mapped(p, s);
		break;
	case CALL_READ:
		moved(p, s, r->args[0], ACCESS_READ);
		break;
	case CALL_WRITE:
		if (ret > 0 || r->call.extra == 1) /* fallocate returns 0 */
			moved(p, s, r->args[0], ACCESS_WRITE);
		break;
	case CALL_LIST:
		if (describe_file(&s->object, file_at(r->args[0])))
			use_object(p, ACCESS_LIST, false);
		break;
	case CALL_COPY:
		copied(p, s, argument(r, r->call.path), argument(r, r->call.path2), ret > 0);
		break;
	case CALL_IOCTL: {
		s32 from = r->args[2];

		if ((u32)r->args[1] == FICLONERANGE) {
			s64 fd = -1;

			bpf_probe_read_user(&fd, sizeof(fd), (void *)r->args[2]);
			from = fd;
		} else if ((u32)r->args[1] != FICLONE) {
			break;
		}
		copied(p, s, from, r->args[0], true);
		break;
	}
	case CALL_RENAME:
	case CALL_LINK:
	case CALL_SYMLINK:
	case CALL_UNLINK:
	case CALL_RMDIR:
	case CALL_MKDIR:
	case CALL_MKNOD:
		change_names(SLOT_SYSCALL);
		break;
	case CALL_NAMESPACE: {
		struct task_struct *task = bpf_get_current_task_btf();
		u32 other = (u64)BPF_CORE_READ(task, nsproxy, mnt_ns) != p->root_mntns;

		__sync_fetch_and_add(&epoch, 1);
		if (other && !p->mntns)
			note(p, NOTE_MOUNT_NS, 0, 0);
		p->mntns = other;
		break;
	}
	case CALL_IO_URING:
		note(p, NOTE_IO_URING, 0, 0);
		break;
	case CALL_RECVMSG:
	case CALL_CONNECT:
	case CALL_GETFD:
		change_ends(SLOT_SYSCALL);
		break;
	default:
		change_file(SLOT_SYSCALL);
	}
	return 0;
}

#endif
