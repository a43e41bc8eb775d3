package store

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func quoteAll(argv []string) string {
	var b []byte
	for i, a := range argv {
		if i > 0 {
			b = append(b, ' ')
		}
		b = appendQuoted(b, []byte(a))
	}
	return string(b)
}

func TestQuote(t *testing.T) {
	for _, c := range []struct {
		argv []string
		want string
	}{
		{nil, ""},
		{[]string{""}, "''"},
		{[]string{"", ""}, "'' ''"},
		{[]string{"gcc", "-O2", "-o", "a/b.o"}, "gcc -O2 -o a/b.o"},
		{[]string{"CC=gcc", "~"}, "'CC=gcc' '~'"},
		{[]string{"it's", "$HOME"}, `'it'\''s' '$HOME'`},
		{[]string{"a\nb", "\xff"}, "'a\nb' '\xff'"},
	} {
		got := quoteAll(c.argv)
		equal(t, "quoted", got, c.want)
		equal(t, "unquoted", must(unquote(got))(t), c.argv)
	}
	if _, err := unquote("a 'b"); err == nil {
		t.Error("an open quote was taken")
	}
}

// A shell reads a quoted command line as it was.
func TestQuoteForShell(t *testing.T) {
	argv := []string{"", "a b", "it's", "$HOME `x` \\ \"q\" *?[a]{b} ~ # ! & ; | < > ( )", "-n", "a=b", "~", "#", "line\nline\n", "\x01\xff\x7f", "é"}
	out, err := exec.Command("sh", "-c", `printf '%s\0' `+quoteAll(argv)).Output()
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "what the shell made of it", strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"), argv)
}

func FuzzQuote(f *testing.F) {
	f.Add([]byte("gcc\x00-c\x00it's\x00\x00"))
	f.Add([]byte("\x00"))
	f.Add([]byte("a\\ b'\x00'"))
	f.Fuzz(func(t *testing.T, block []byte) {
		var argv []string
		var text []byte
		splitBlock(block, func(arg []byte) {
			argv = append(argv, string(arg))
			if len(argv) > 1 {
				text = append(text, ' ')
			}
			text = appendQuoted(text, arg)
		})
		got, err := unquote(string(text))
		if err != nil || !slices.Equal(got, argv) {
			t.Fatalf("%q became %q, read as %q (%v)", argv, text, got, err)
		}
		// The block is the arguments, each with its NUL.
		joined := []byte{}
		for _, a := range argv {
			joined = append(append(joined, a...), 0)
		}
		if want := append(bytes.TrimSuffix(block, []byte{0}), 0); len(block) > 0 && !bytes.Equal(joined, want) {
			t.Fatalf("block %q was split into %q", block, argv)
		}
	})
}

func FuzzUnquote(f *testing.F) {
	f.Add("gcc -c 'it'\\''s'")
	f.Fuzz(func(t *testing.T, s string) {
		argv, err := unquote(s)
		if err != nil {
			return
		}
		again, err := unquote(quoteAll(argv))
		if err != nil || !slices.Equal(again, argv) {
			t.Fatalf("%q, then %q (%v)", argv, again, err)
		}
	})
}

func TestJSONStrings(t *testing.T) {
	for in, want := range map[string][]string{
		`[]`:                             nil,
		` [ "a" , "b" ] `:                {"a", "b"},
		`["\"\\\/\b\f\n\r\t\u0041"]`:     {"\"\\/\b\f\n\r\tA"},
		`["\ud83d\ude00 \ud83d \u00e9"]`: {"\U0001F600 \uFFFD é"},
		"[\"\xff\"]":                     {"\xff"},
	} {
		equal(t, in, must(parseJSONStrings(in))(t), want)
	}
	for _, in := range []string{``, `[`, `["`, `["a`, `["a\`, `["\x"]`, `["\u12"]`, `[1]`, `["a" "b"]`, `["a",]`, `["a"]]`, `{}`, `"a"`} {
		if got, err := parseJSONStrings(in); err == nil {
			t.Errorf("%s was read as %q", in, got)
		}
	}
	for _, in := range []string{`[1,]`, `[-1]`, `[4294967296]`, `["1"]`, `[1 2]`} {
		if got, err := parseJSONIDs(in); err == nil {
			t.Errorf("%s was read as %d", in, got)
		}
	}
	equal(t, "ids", must(parseJSONIDs("[1, 4294967295,0]"))(t), []uint32{1, 1<<32 - 1, 0})
}

func FuzzJSONStrings(f *testing.F) {
	f.Add("make", "it's \"x\"\n\\")
	f.Add("", "\xff\x00\x1f\x7f")
	f.Fuzz(func(t *testing.T, a, b string) {
		list := []string{a, b}
		text := appendJSONStrings(nil, list)
		got, err := parseJSONStrings(string(text))
		if err != nil || !slices.Equal(got, list) {
			t.Fatalf("%q became %s, read as %q (%v)", list, text, got, err)
		}
		if utf8.ValidString(a) && utf8.ValidString(b) {
			var std []string
			if err := json.Unmarshal(text, &std); err != nil || !slices.Equal(std, list) {
				t.Fatalf("encoding/json reads %s as %q (%v)", text, std, err)
			}
		}
		parseJSONStrings(a) // any text: no panic
		parseJSONIDs(a)
	})
}

func TestSortKeys(t *testing.T) {
	var keys, spare []sortKey
	for i := range uint32(3000) {
		keys = append(keys, sortKey{uint64(i%7)<<32 | uint64(i*2654435761%500), i})
	}
	want := slices.Clone(keys)
	slices.SortStableFunc(want, func(a, b sortKey) int {
		switch {
		case a.key < b.key:
			return -1
		case a.key > b.key:
			return 1
		}
		return 0
	})
	keys, spare = sortKeys(keys, spare)
	if !slices.Equal(keys, want) {
		t.Error("not sorted, or equal keys changed places")
	}
	keys, _ = sortKeys(keys, spare)
	if !slices.Equal(keys, want) {
		t.Error("sorted keys were disturbed")
	}
	if none, _ := sortKeys(nil, spare); len(none) != 0 {
		t.Error("keys out of nowhere")
	}
}
