package bpf

import (
	"testing"
	"time"
)

func TestLoadResolvesNamesInKernel(t *testing.T) {
	began := time.Now()
	p, err := Load(Options{RingBytes: 16 << 20})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Logf("loaded in %v", time.Since(began))
	defer p.Close()
	if !p.InKernelNames {
		t.Error("the dentry hash table was not found: names would be resolved late")
	}
}
