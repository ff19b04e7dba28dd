package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestDraw(t *testing.T) {
	var out strings.Builder
	in := `{"floor_bits_per_byte":0.1,"baselines":[{"name":"gzip -9","bits_per_byte":1.1}],"curve":[{"step":0,"heldout_bits_per_byte":2.5},{"step":50,"heldout_bits_per_byte":0.4},{"step":100,"heldout_bits_per_byte":0.12}]}`
	if err := draw(strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"gzip -9 1.100", "floor 0.1000", "model 0.1200", "M60.0 20.0L"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in the picture", want)
		}
	}
	d := xml.NewDecoder(strings.NewReader(out.String()))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, bad := range []string{"", "{}", `{"curve":[{"step":0}]}`} {
		if draw(strings.NewReader(bad), io.Discard) == nil {
			t.Errorf("%q was drawn", bad)
		}
	}
}
