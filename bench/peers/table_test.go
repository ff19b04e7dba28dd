package main

import (
	"strings"
	"testing"
)

// TestLayout: numbers stand in their columns.
func TestLayout(t *testing.T) {
	r := report{Machine: machineReport{"AMD EPYC (family 26, model 2)", 2, "avx512", "go1.26.8", "abcdef123"}, Seconds: 600,
		Versions: map[string]string{"torch": "2.14.1 (AVX512, oneDNN 3.12.1)", "OpenBLAS": "0.3.34 (Cooperlake)"},
		Missing:  []string{"llm.c: it is not here"},
		Contests: []contestReport{{Title: "loss, 1,024 × 128,256 float32, 2 threads", Unit: "GB/s", Rounds: 11, Idle: 0.004,
			Limit: sideReport{Name: "reading the logits", Seconds: 0.0041, Min: 0.004, Max: 0.005, Rate: 51.23, Share: 1},
			Sides: []sideReport{
				{Name: "xent", Seconds: 0.00687, Min: 0.00687, Max: 0.00687, Rate: 29.96, Share: 0.585, Ratio: 1, RatioMin: 1, RatioMax: 1, Memory: 67108864},
				{Name: "torch.compile, F.cross_entropy", Seconds: 0.0201, Min: 0.02, Max: 0.04, Rate: 10.2, Share: 0.199, Ratio: 3.04, RatioMin: 2.8, RatioMax: 13.31, Memory: 1e9},
				{Name: "llm.c", Seconds: 19.6, Min: 19.6, Max: 19.7, Rate: 0.51, Share: 0.01, Ratio: 99.96, RatioMin: 90, RatioMax: 110},
			}}},
	}
	var out strings.Builder
	if err := r.print(&out); err != nil {
		t.Fatal(err)
	}
	want := `AMD EPYC (family 26, model 2), 2 logical cores; xent abcdef123, avx512,
go1.26.8.
OpenBLAS 0.3.34 (Cooperlake), torch 2.14.1 (AVX512, oneDNN 3.12.1).

                                       ms   rate  share spread ratio

loss, 1,024 × 128,256 float32, 2 threads (GB/s)
  reading the logits                 4.10   51.2  100 %   24 %
  xent                               6.87   30.0   58 %    0 %
  torch.compile, F.cross_entropy     20.1   10.2   20 %  100 %  3.04 2.80–13.3
  llm.c                             19600   0.51    1 %    1 %   100 90.0–110
  memory beyond the inputs: xent 0.07 GB, torch.compile, F.cross_entropy 1.00 GB

`
	table, rest, _ := strings.Cut(out.String(), "ms and rate are")
	if table != want {
		t.Errorf("%s", table)
	}
	if !strings.Contains(strings.Join(strings.Fields(rest), " "), "at most 0.4 % of a core. 10 minutes. Not measured: llm.c: it is not here.") {
		t.Errorf("%s", rest)
	}
	narrow(t, out.String())
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{7: "7", 999: "999", 1000: "1,000", 50257: "50,257", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
