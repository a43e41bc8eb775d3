package oracle

import (
	"slices"
	"testing"
)

func TestSplitLine(t *testing.T) {
	for _, c := range []struct {
		in   string
		want line
	}{
		{`16778 brk(NULL)                   = 0x55`, line{pid: 16778, kind: lineCall, name: "brk", text: `NULL)                   = 0x55`}},
		{`7     vfork( <unfinished ...>`, line{pid: 7, kind: lineUnfinished, name: "vfork", text: ""}},
		{`7     read(3</a>,  <unfinished ...>`, line{pid: 7, kind: lineUnfinished, name: "read", text: "3</a>, "}},
		{`9 <... read resumed>"x", 10) = 1`, line{pid: 9, kind: lineResumed, name: "read", text: `"x", 10) = 1`}},
		{`9 <... read resumed> <unfinished ...>) = ?`, line{pid: 9, kind: lineResumed, name: "read", text: `) = ?`}},
		{`5 execve("/bin/cat", ["cat"], 0x7f /* 38 vars */ <pid changed to 4 ...>`, line{pid: 5, kind: lineUnfinished, name: "execve", text: `"/bin/cat", ["cat"], 0x7f /* 38 vars */`}},
		{`4 +++ superseded by execve in pid 5 +++`, line{pid: 4, kind: lineSuperseded, by: 5}},
		{`4 +++ exited with 0 +++`, line{pid: 4, kind: lineExit}},
		{`4 +++ killed by SIGKILL (core dumped) +++`, line{pid: 4, kind: lineExit}},
		{`4 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---`, line{pid: 4, kind: lineSignal}},
	} {
		got, err := splitLine(c.in)
		if err != nil || got != c.want {
			t.Errorf("splitLine(%q) = %+v, %v; want %+v", c.in, got, err, c.want)
		}
	}
	for _, bad := range []string{"", "x", "12", "12 ", "-3 read(", "strace: Process 12 attached", "3 <... read", "3 nothing here"} {
		if l, err := splitLine(bad); err == nil {
			t.Errorf("splitLine(%q) = %+v, want an error", bad, l)
		}
	}
}

func TestSplitCall(t *testing.T) {
	for _, c := range []struct {
		in   string
		max  int
		args []string
		res  result
	}{
		{`)                                = 16779`, 9, nil, result{ok: true, value: 16779, text: "16779"}},
		{`AT_FDCWD</tmp>, "a,b)\"", O_RDONLY|O_CLOEXEC) = 3</tmp/a\"b>`, 9,
			[]string{`AT_FDCWD</tmp>`, `"a,b)\""`, `O_RDONLY|O_CLOEXEC`}, result{ok: true, value: 3, text: `3</tmp/a\"b>`}},
		{`AT_FDCWD</d a b\74c\76\n\377\"\\,)=>, "x", O_RDONLY) = -1 ENOENT (No such file or directory)`, 9,
			[]string{`AT_FDCWD</d a b\74c\76\n\377\"\\,)=>`, `"x"`, `O_RDONLY`}, result{value: -1, errno: "ENOENT", text: "-1 ENOENT (No such file or directory)"}},
		{`3</a>, "\1\0 long (,", 784) = 784`, 1, []string{`3</a>`}, result{ok: true, value: 784, text: "784"}},
		{`NULL, 8192, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f9d8f874000`, 2, []string{"NULL", "8192"}, result{ok: true, value: 0x7f9d8f874000, text: "0x7f9d8f874000"}},
		{`{flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD} => {parent_tid=[0]}, 88) = 17`, 9,
			[]string{`{flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD} => {parent_tid=[0]}`, "88"}, result{ok: true, value: 17, text: "17"}},
		{`3</tmp>, 0x7f, 99) = -1 EBADF (Bad file descriptor)`, 1, []string{"3</tmp>"}, result{value: -1, errno: "EBADF", text: "-1 EBADF (Bad file descriptor)"}},
		{`0, "", 1) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)`, 1, []string{"0"}, result{text: "? ERESTARTSYS (To be restarted if SA_RESTART is set)"}},
		{`0)    = ?`, 1, []string{"0"}, result{text: "?"}},
		{`5</tmp/#9985918>(deleted), "x", 1) = 1`, 1, []string{`5</tmp/#9985918>(deleted)`}, result{ok: true, value: 1, text: "1"}},
	} {
		args, res, err := splitCall(c.in, c.max)
		if err != nil || !slices.Equal(args, c.args) || res != c.res {
			t.Errorf("splitCall(%q) = %q, %+v, %v; want %q, %+v", c.in, args, res, err, c.args, c.res)
		}
	}
	for _, bad := range []string{"", `"x`, `"x"`, `1, 2`, `1)`, `1) = `, `1) = x`, `[1) = 2`} {
		if args, res, err := splitCall(bad, 9); err == nil {
			t.Errorf("splitCall(%q) = %q, %+v, want an error", bad, args, res)
		}
	}
}

func TestParseString(t *testing.T) {
	for in, want := range map[string]string{
		`"/etc/passwd"`:              "/etc/passwd",
		`"a b<c>\n\377\"\\,)="`:      "a b<c>\n\xff\"\\,)=",
		`"\0\0010\1\10"`:             "\x00\x010\x01\x08",
		`"\x2f\x41"`:                 "/A",
		`"\t\r\v\f"`:                 "\t\r\v\f",
		`"\303\244"`:                 "ä",
		`""`:                         "",
		`"ends with a backslash \\"`: `ends with a backslash \`,
	} {
		if got, ok := parseString(in); !ok || got != want {
			t.Errorf("parseString(%s) = %q, %v; want %q", in, got, ok, want)
		}
	}
	for _, bad := range []string{"NULL", "0x7ffd", "", `"cut short"...`, `"no end`} {
		if got, ok := parseString(bad); ok {
			t.Errorf("parseString(%s) = %q, want none", bad, got)
		}
	}
}

func TestParseStrings(t *testing.T) {
	got, ok := parseStrings(`["true", "a, b]\n\"", "zzz"..., ""]`)
	if want := []string{"true", "a, b]\n\"", "zzz", ""}; !ok || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, ok, want)
	}
	if got, ok := parseStrings("0x7fff"); ok {
		t.Errorf("an address gave %q", got)
	}
}

func TestParseFD(t *testing.T) {
	for in, want := range map[string]descriptor{
		`3</etc/passwd>`:         {3, "/etc/passwd"},
		`AT_FDCWD</home/a\76b>`:  {atFDCWD, "/home/a>b"},
		`AT_FDCWD`:               {atFDCWD, ""},
		`4</tmp/oc/v4>(deleted)`: {4, "/tmp/oc/v4"},
		`1<pipe:[47202]>`:        {1, "pipe:[47202]"},
		`6</memfd:mm>(deleted)`:  {6, "/memfd:mm"},
		`5`:                      {5, ""},
	} {
		if got, ok := parseFD(in); !ok || got != want {
			t.Errorf("parseFD(%s) = %+v, %v; want %+v", in, got, ok, want)
		}
	}
	for _, bad := range []string{"-1", "", "x</a>", "0x3", "3<never ends"} {
		if got, ok := parseFD(bad); ok {
			t.Errorf("parseFD(%s) = %+v, want none", bad, got)
		}
	}
}

func TestHasFlag(t *testing.T) {
	for _, c := range []struct {
		flags, flag string
		want        bool
	}{
		{"O_RDWR|O_CREAT|O_TRUNC", "O_CREAT", true},
		{"O_RDWR", "O_RDWR", true},
		{"{flags=O_RDONLY|O_CLOEXEC, resolve=RESOLVE_BENEATH}", "O_RDONLY", true},
		{"O_WRONLY|O_DIRECTORY_NOT", "O_DIRECTORY", false},
		{"CLONE_FSX|XCLONE_FS", "CLONE_FS", false},
		{"CLONE_FSX|CLONE_FS", "CLONE_FS", true},
		{"", "O_PATH", false},
	} {
		if got := hasFlag(c.flags, c.flag); got != c.want {
			t.Errorf("hasFlag(%q, %q) = %v", c.flags, c.flag, got)
		}
	}
}

func FuzzParseLine(f *testing.F) {
	for _, s := range []string{
		`16778 openat(AT_FDCWD</tmp>, "a", O_RDONLY) = 3</tmp/a>`,
		`7     vfork( <unfinished ...>`,
		`9 <... clone3 resumed> => {parent_tid=[0]}, 88) = 17`,
		`5 execve("/bin/cat", ["cat", "x"], 0x7f /* 38 vars */ <pid changed to 4 ...>`,
		`4 +++ superseded by execve in pid 5 +++`,
		`4 write(1</a\76>(deleted), "\0\377"..., 4096) = 4096`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := splitLine(s)
		if err != nil {
			return
		}
		if l.pid <= 0 {
			t.Fatalf("PID %d", l.pid)
		}
		args, res, err := splitCall(l.text, 9)
		if err != nil {
			return
		}
		if len(args) > 9 {
			t.Fatalf("%d arguments", len(args))
		}
		for _, a := range append(args, res.text) {
			parseString(a)
			parseStrings(a)
			parseFD(a)
			hasFlag(a, "O_RDONLY")
		}
		if res.ok && res.errno != "" {
			t.Fatalf("both a success and %s", res.errno)
		}
	})
}
