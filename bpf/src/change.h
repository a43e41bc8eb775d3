/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Calls that change names or what is known of a file, and descriptors that are
 * handed over: the rare ones. */
#ifndef BUILDGRAPH_CHANGE_H
#define BUILDGRAPH_CHANGE_H

#include "fold.h"
#include "request.h"

/* after_change says what a name led to once the call had changed it, and lets
 * go of what was remembered where that may be wrong now: only a file that is
 * neither a directory nor a symlink can be made, moved or removed without any
 * other name meaning something else. */
__noinline int after_change(u32 slot)
{
	struct scratch *s = scratch_of(slot);
	u16 type;

	if (!s || s->walk.state != WALK_FOUND)
		return 0;
	type = s->object.mode & S_IFMT;
	changed(s->object.ino);
	if (type == S_IFDIR || type == S_IFLNK)
		__sync_fetch_and_add(&epoch, 1);
	return 0;
}

__noinline u32 name_now(struct proc *p, struct request *r, u32 dir, u32 path, u32 want)
{
	if (!p || !r)
		return 0;
	return resolve_user(p, SLOT_SYSCALL, directory(r, dir), argument(r, path),
			    want | WANT_FRESH);
}

__noinline int send_text(struct proc *p, u32 slot, u32 kind, u64 address)
{
	struct text_event *t = bpf_map_lookup_elem(&texts, &slot);
	long n;

	if (!t || !p)
		return 0;
	n = bpf_probe_read_user_str(t->text, PATH_MAX, (void *)address);
	head(&t->head.h, EVENT_TEXT, n < 0 ? TEXT_FAILED : 0, p->who);
	t->head.kind = kind;
	t->head.len = n > 0 ? (n - 1) & (PATH_MAX - 1) : 0;
	emit(t, __builtin_offsetof(struct text_event, text) + (t->head.len & (PATH_MAX - 1)));
	return 0;
}

/* Calls that change names, by their paths. */
__noinline int change_names(u32 slot)
{
	struct scratch *s = scratch_of(slot);
	struct proc *p = current_proc();
	struct request *r;
	u32 a, b;

	if (!s || !p)
		return 0;
	r = &s->req;
	switch (r->call.op) {
	case CALL_RENAME:
		a = name_now(p, r, r->call.dir, r->call.path, 0);
		b = name_now(p, r, r->call.dir2, r->call.path2, WANT_FOUND);
		after_change(slot);
		if (argument(r, r->call.extra) & RENAME_EXCHANGE) {
			__sync_fetch_and_add(&epoch, 1);
			op(p, OP_EXCHANGE, a, b, 0);
		} else {
			op(p, OP_RENAME, a, b, 0);
		}
		break;
	case CALL_LINK:
		a = name_now(p, r, r->call.dir, r->call.path, WANT_FOUND | follow_of(r));
		if (!a && (argument(r, r->call.flags) & AT_EMPTY_PATH))
			a = path_of_file(file_at(directory(r, r->call.dir)), slot);
		b = name_now(p, r, r->call.dir2, r->call.path2, WANT_FOUND);
		after_change(slot);
		op(p, OP_LINK, a, b, 0);
		break;
	case CALL_SYMLINK:
		a = name_now(p, r, r->call.dir, r->call.path, WANT_FOUND);
		__sync_fetch_and_add(&epoch, 1);
		send_text(p, slot, TEXT_SYMLINK, argument(r, r->call.path2));
		op(p, OP_SYMLINK, a, 0, 0);
		break;
	case CALL_UNLINK:
		a = name_now(p, r, r->call.dir, r->call.path, WANT_ABSENT);
		if (argument(r, r->call.flags) & AT_REMOVEDIR) {
			__sync_fetch_and_add(&epoch, 1);
			op(p, OP_RMDIR, a, 0, 0);
		} else {
			op(p, OP_UNLINK, a, 0, 0);
		}
		break;
	case CALL_RMDIR:
		a = name_now(p, r, r->call.dir, r->call.path, WANT_ABSENT);
		__sync_fetch_and_add(&epoch, 1);
		op(p, OP_RMDIR, a, 0, 0);
		break;
	case CALL_MKDIR:
		a = name_now(p, r, r->call.dir, r->call.path, WANT_FOUND);
		__sync_fetch_and_add(&epoch, 1);
		op(p, OP_MKDIR, a, 0, argument(r, r->call.flags));
		break;
	case CALL_MKNOD:
		a = name_now(p, r, r->call.dir, r->call.path, WANT_FOUND);
		op(p, OP_MKNOD, a, 0, argument(r, r->call.flags));
		break;
	}
	return 0;
}

/* What touches a file's size or metadata, by path or by descriptor, and the
 * rest of what is rare. */
__noinline int change_file(u32 slot)
{
	struct scratch *s = scratch_of(slot);
	struct task_struct *task = bpf_get_current_task_btf();
	struct proc *p = current_proc();
	struct request *r;
	u64 file = 0;
	u32 a = 0, kind = 0;

	if (!s || !p)
		return 0;
	r = &s->req;
	switch (r->call.op) {
	case CALL_FTRUNCATE:
	case CALL_FCHMOD:
	case CALL_FCHOWN:
		file = file_at(r->args[0]);
		break;
	case CALL_TOUCH: /* utimensat(fd, NULL, ...) is futimens */
		if (!argument(r, r->call.path))
			file = file_at(directory(r, r->call.dir));
		break;
	case CALL_CHDIR:
	case CALL_FCHDIR:
		a = path_of((u64)BPF_CORE_READ(task, fs, pwd.dentry),
			    mount_of((u64)BPF_CORE_READ(task, fs, pwd.mnt)), slot);
		op(p, OP_CHDIR, a, 0, 0);
		return 0;
	case CALL_CHROOT:
		a = path_of((u64)BPF_CORE_READ(task, fs, root.dentry),
			    mount_of((u64)BPF_CORE_READ(task, fs, root.mnt)), slot);
		op(p, OP_CHROOT, a, 0, 0);
		return 0;
	}
	if (file) {
		a = path_of_file(file, slot);
		changed(s->object.ino);
	} else if (r->call.path < 6) {
		a = name_now(p, r, r->call.dir, r->call.path, WANT_FOUND | follow_of(r));
		after_change(slot);
	}
	switch (r->call.op) {
	case CALL_TRUNCATE:
	case CALL_FTRUNCATE:
		kind = OP_TRUNCATE;
		break;
	case CALL_TOUCH:
		kind = OP_TOUCH;
		break;
	case CALL_CHMOD:
	case CALL_FCHMOD:
		kind = OP_CHMOD;
		break;
	case CALL_CHOWN:
	case CALL_FCHOWN:
		kind = OP_CHOWN;
		break;
	}
	if (kind)
		op(p, kind, a, 0, argument(r, r->call.flags));
	return 0;
}

struct user_msghdr64 {
	u64 name;
	u32 namelen, pad;
	u64 iov, iovlen;
	u64 control, controllen;
};

struct user_cmsghdr64 {
	u64 len;
	s32 level, type;
};

#define RIGHTS_MAX 253 /* kernel: SCM_MAX_FD */

static long rights_step(u32 i, void *arg)
{
	u32 slot = *(u32 *)arg;
	struct text_event *t = bpf_map_lookup_elem(&texts, &slot);
	struct proc *p = current_proc();
	u64 file;
	s32 fd;

	if (!t || !p || i >= RIGHTS_MAX)
		return 1;
	fd = *(s32 *)&t->text[i * 4];
	file = file_at(fd);
	note(p, NOTE_RIGHTS, file ? path_of_file(file, slot) : 0, fd);
	return 0;
}

/* Descriptors that came over a socket (SCM_RIGHTS), connections to others. */
__noinline int change_ends(u32 slot)
{
	struct scratch *s = scratch_of(slot);
	struct proc *p = current_proc();
	struct request *r;
	struct text_event *t;
	u64 file;
	u32 n;

	if (!s || !p)
		return 0;
	r = &s->req;
	if (r->call.op == CALL_RECVMSG) {
		struct user_msghdr64 m = {};
		struct user_cmsghdr64 c = {};

		if (bpf_probe_read_user(&m, sizeof(m), (void *)r->args[1]))
			return 0;
		if (m.controllen < 20 || bpf_probe_read_user(&c, 16, (void *)m.control))
			return 0;
		if (c.level != 1 || c.type != 1) /* SOL_SOCKET, SCM_RIGHTS */
			return 0;
		t = bpf_map_lookup_elem(&texts, &slot);
		if (!t || c.len < 16)
			return 0;
		/* the descriptors wait in the text buffer for the loop */
		n = bounded(c.len - 16);
		if (bpf_probe_read_user(t->text, n, (void *)(m.control + 16)))
			return 0;
		bpf_loop(n / 4, rights_step, &slot, 0);
		return 0;
	}
	if (r->call.op == CALL_GETFD) {
		file = file_at(r->ret);
		note(p, NOTE_RIGHTS, file ? path_of_file(file, slot) : 0, r->ret);
		return 0;
	}
	/* connect */
	t = bpf_map_lookup_elem(&texts, &slot);
	if (!t)
		return 0;
	t->head.kind = TEXT_NOTE;
	t->head.len = r->args[2] < 128 ? r->args[2] : 128;
	if (bpf_probe_read_user(t->text, t->head.len & 255, (void *)r->args[1]))
		t->head.len = 0;
	head(&t->head.h, EVENT_TEXT, 0, p->who);
	emit(t, __builtin_offsetof(struct text_event, text) + (t->head.len & 255));
	note(p, NOTE_CONNECT, 0, 0);
	return 0;
}

/* A call by a process that is none of the build's can still change what names
 * mean: when it moves a directory or a symlink. Nothing is sent of it. */
__noinline int foreign_change(u32 slot)
{
	struct scratch *s = scratch_of(slot);
	struct request *r;
	u16 type = S_IFDIR;
	long n;

	if (!s)
		return 0;
	r = &s->req;
	switch (r->call.op) {
	case CALL_RENAME:
		n = bpf_probe_read_user_str(s->name, PATH_MAX, (void *)argument(r, r->call.path2));
		if (n > 1 && n <= PATH_MAX && begin_walk(s, directory(r, r->call.dir2))) {
			walk_name(slot, n, WANT_FOUND);
			if (s->walk.state == WALK_FOUND)
				type = mode_of(inode_of(s->walk.dentry)) & S_IFMT;
		}
		if (type != S_IFDIR && type != S_IFLNK)
			return 0;
		break;
	case CALL_SYMLINK:
	case CALL_RMDIR:
	case CALL_NAMESPACE:
		break;
	case CALL_UNLINK:
		if (!(argument(r, r->call.flags) & AT_REMOVEDIR))
			return 0;
		break;
	default:
		return 0;
	}
	__sync_fetch_and_add(&epoch, 1);
	return 0;
}

#endif
