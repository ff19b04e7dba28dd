package measure

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"xent/tokenizer"
)

// decode reads a JSON object, and fails on names that are given twice.
func decode(t *testing.T, x any) map[string]any {
	t.Helper()
	b, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return m
}

// report embeds a Result as a command does.
type report struct {
	SchemaVersion int    `json:"schema_version"`
	Command       string `json:"command"`
	Protocol      `json:"protocol"`
	Result
}

// TestNames holds the names of DESIGN section 7 in place.
func TestNames(t *testing.T) {
	p := Protocol{Context: 8, Stride: 4, BOS: new(int32(256))}
	r := evaluate(t, FromPredictor(history{v: 257}, 8), tokenizer.Bytes(), p, Options{}, Document{"a", []byte("some text")})
	r.Total.Seconds = 2
	m := decode(t, report{1, "eval", p, r})
	for _, name := range []string{"schema_version", "command", "protocol", "total", "documents", "first_window", "warnings"} {
		if _, ok := m[name]; !ok {
			t.Errorf("no member %s in %v", name, m)
		}
	}
	summary := strings.Fields(`tokens missing_tokens bytes bytes_missing bytes_total characters words nats bits nats_per_token
		perplexity bits_per_byte bits_per_character word_perplexity accuracy_top1 accuracy_top5 entropy_per_token`)
	total := m["total"].(map[string]any)
	document := m["documents"].([]any)[0].(map[string]any)
	for _, name := range summary {
		if a, b := total[name], document[name]; a == nil || a != b {
			t.Errorf("%s is %v in total and %v in the only document", name, a, b)
		}
	}
	for _, name := range strings.Fields("documents tokens_processed seconds tokens_processed_per_second tokens_scored_per_second") {
		if total[name] == nil {
			t.Errorf("no %s in total", name)
		}
	}
	if len(total) != len(summary)+5 || len(document) != len(summary)+1 || document["document"] != "a" {
		t.Errorf("unexpected members: %v\n%v", total, document)
	}
	if total["tokens_scored_per_second"] != 4.5 || total["bits"] != float64(r.Total.Bits) {
		t.Errorf("total %v", total)
	}
	if p := m["protocol"].(map[string]any); p["context"] != 8.0 || p["stride"] != 4.0 || p["bos"] != 256.0 {
		t.Errorf("protocol %v", p)
	}
}

// masked gives the id 'x' probability 0 and all others the same.
type masked struct{}

func (masked) Vocab() int { return 257 }
func (masked) LogProbabilities(dst []float64, context []int32) {
	for c := range dst {
		dst[c] = -math.Log(256)
	}
	dst['x'] = math.Inf(-1)
}

func TestNotFinite(t *testing.T) {
	p := Protocol{Context: 8, Stride: 4, BOS: new(int32(256))}
	of := func(tok Tokenizer, p Protocol, text string) (map[string]any, []Warning) {
		r := evaluate(t, FromPredictor(masked{}, 8), tok, p, Options{}, Document{"a", []byte(text)})
		m := decode(t, r.Documents[0])
		return m, r.Warnings
	}
	for _, c := range []struct {
		name, text string
		p          Protocol
		want       map[string]string // name → reason
		warned     bool
	}{
		{"empty", "", p, map[string]string{"nats": "nothing_scored", "bits": "nothing_scored", "nats_per_token": "nothing_scored",
			"perplexity": "nothing_scored", "bits_per_byte": "nothing_scored", "bits_per_character": "nothing_scored",
			"word_perplexity": "nothing_scored", "accuracy_top1": "nothing_scored", "accuracy_top5": "nothing_scored", "entropy_per_token": "nothing_scored"}, false},
		{"only missing", "a", Protocol{Context: 8, Stride: 4}, map[string]string{"nats": "nothing_scored", "bits_per_byte": "nothing_scored"}, false},
		{"no word", " \n", p, map[string]string{"word_perplexity": "no_words"}, false},
		{"half a character", "\xe4", p, nil, false},
		{"impossible", "axa", p, map[string]string{"nats": "zero_probability", "perplexity": "zero_probability", "bits_per_byte": "zero_probability"}, true},
		{"long word", strings.Repeat("a", 200), p, map[string]string{"word_perplexity": "overflow"}, false},
	} {
		m, warnings := of(tokenizer.Bytes(), c.p, c.text)
		reasons, _ := m["nonfinite"].(map[string]any)
		for name, reason := range c.want {
			if v, ok := m[name]; !ok || v != nil || reasons[name] != reason {
				t.Errorf("%s: %s = %v because %v, want null because %s", c.name, name, v, reasons[name], reason)
			}
		}
		for name, v := range m {
			if _, listed := reasons[name]; (v == nil) != listed {
				t.Errorf("%s: %s = %v, reasons %v", c.name, name, v, reasons)
			}
		}
		if c.want == nil && reasons != nil {
			t.Errorf("%s: reasons %v", c.name, reasons)
		}
		if warned := len(warnings) == 1 && warnings[0].Code == WarnNotFinite; warned != c.warned {
			t.Errorf("%s: warnings %v", c.name, warnings)
		}
	}
}

// TestUnanswered: rows that a scorer does not fill are undefined, not certain.
func TestUnanswered(t *testing.T) {
	s := failing{Scorer: FromPredictor(history{v: 257}, 8)}
	r := evaluate(t, s, tokenizer.Bytes(), Protocol{Context: 8, Stride: 4, BOS: new(int32(256))}, Options{}, Document{"a", []byte("text")})
	m := decode(t, r.Total)
	reasons, _ := m["nonfinite"].(map[string]any)
	for _, name := range []string{"nats", "perplexity", "accuracy_top1", "entropy_per_token"} {
		if m[name] != nil || reasons[name] != "undefined" {
			t.Errorf("%s = %v because %v", name, m[name], reasons[name])
		}
	}
	if len(r.Warnings) != 1 || r.Warnings[0].Count != 4 {
		t.Errorf("warnings %v", r.Warnings)
	}
}

func TestTokenJSON(t *testing.T) {
	var tokens []Token
	evaluate(t, FromPredictor(masked{}, 8), tokenizer.Bytes(), Protocol{Context: 8, Stride: 4}, Options{Token: func(r Token) error {
		tokens = append(tokens, r)
		return nil
	}}, Document{"name", []byte("a\xffx")})
	missing, plain, impossible := decode(t, tokens[0]), decode(t, tokens[1]), decode(t, tokens[2])
	if missing["nats"] != nil || missing["rank"] != nil || missing["entropy"] != nil || missing["nonfinite"].(map[string]any)["nats"] != "missing" {
		t.Errorf("missing token %v", missing)
	}
	if plain["document"] != "name" || plain["position"] != 1.0 || plain["byte_start"] != 1.0 || plain["byte_end"] != 2.0 ||
		plain["id"] != 255.0 || plain["text"] != "\ufffd" || plain["nats"] != math.Log(256) || plain["nonfinite"] != nil || plain["rank"] != 255.0 {
		t.Errorf("token %v", plain)
	}
	if impossible["nats"] != nil || impossible["nonfinite"].(map[string]any)["nats"] != "zero_probability" || impossible["rank"] != 257.0 {
		t.Errorf("impossible token %v", impossible)
	}
}

func TestEmptyCorpus(t *testing.T) {
	r := evaluate(t, FromPredictor(masked{}, 8), tokenizer.Bytes(), Protocol{Context: 8, Stride: 4}, Options{})
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if s := string(b); !strings.Contains(s, `"documents":[],"first_window":[],"warnings":`) || strings.Contains(s, "NaN") {
		t.Errorf("%s", s)
	}
}
