package sysnum

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"testing"
)

// The committed tables are those of the module in go.mod.
func TestGenerated(t *testing.T) {
	want, err := exec.Command("go", "run", "gen.go").Output()
	if err != nil {
		t.Fatalf("go run gen.go: %v", err)
	}
	got, err := os.ReadFile("names.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("names.go is not what gen.go writes: go generate ./store/sysnum")
	}
}

func TestName(t *testing.T) {
	for _, c := range []struct {
		abi    string
		number int
		want   string
	}{
		{AMD64, 0, "read"}, {AMD64, 59, "execve"}, {AMD64, 262, "newfstatat"}, {AMD64, 435, "clone3"},
		{I386, 0, "restart_syscall"}, {I386, 3, "read"}, {I386, 11, "execve"}, {I386, 403, "clock_gettime64"},
		{ARM64, 79, "newfstatat"}, {ARM64, 221, "execve"}, {ARM, 3, "read"},
		{AMD64, 400, ""}, {AMD64, -1, ""}, {AMD64, 1 << 30, ""}, {"riscv64", 0, ""},
	} {
		if got := Name(c.abi, c.number); got != c.want {
			t.Errorf("call %d of %s is %q, want %q", c.number, c.abi, got, c.want)
		}
	}
}

// holes are the numbers below the highest that no kernel up to 6.18 has given to a
// call of that ABI, or has taken back (kernel: arch/x86/entry/syscalls/syscall_64.tbl
// and syscall_32.tbl, arch/arm/tools/syscall.tbl, include/uapi/asm-generic/unistd.h).
var holes = map[string][][2]int{
	AMD64: {{337, 423}},
	I386:  {{222, 223}, {251, 251}, {285, 285}, {387, 392}, {415, 415}},
	ARM64: {{245, 259}, {295, 423}},
	ARM: {
		{7, 7}, {13, 13}, {17, 18}, {22, 22}, {25, 25}, {27, 28}, {30, 32}, {35, 35}, {44, 44}, {48, 48},
		{53, 53}, {56, 56}, {58, 59}, {68, 69}, {76, 76}, {82, 82}, {84, 84}, {89, 90}, {98, 98}, {101, 102},
		{109, 110}, {112, 113}, {117, 117}, {123, 123}, {127, 127}, {130, 130}, {137, 137}, {166, 167},
		{188, 189}, {222, 223}, {254, 255}, {402, 402}, {415, 415}, {447, 447},
	},
}

// latest is the number of the newest call of Linux 6.18, file_setattr.
const latest = 469

// Every number has a name, or is a hole in the kernel's own table; names are the
// kernel's, each once.
func TestNoneUnknown(t *testing.T) {
	plain := regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)
	for abi, table := range names {
		seen := map[string]bool{}
		last := table[len(table)-1].number
		if last < latest || Name(abi, latest) != "file_setattr" {
			t.Errorf("%s: the table ends with %d, before Linux 6.18's", abi, last)
		}
		for n := 0; n <= last; n++ {
			name, hole := Name(abi, n), false
			for _, h := range holes[abi] {
				hole = hole || n >= h[0] && n <= h[1]
			}
			if (name == "") != hole {
				t.Errorf("%s: %d is %q; a hole: %v", abi, n, name, hole)
			}
			if name != "" && (!plain.MatchString(name) || seen[name]) {
				t.Errorf("%s: %d: the name %q is odd or there twice", abi, n, name)
			}
			seen[name] = true
		}
	}
}
