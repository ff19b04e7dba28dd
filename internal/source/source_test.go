package source

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// near fails the test unless |got − want| ≤ tol.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: %.12g, want %.12g ± %.3g", what, got, want, tol)
	}
}

// sampleMoments returns mean and standard deviation.
func sampleMoments(x []float64) (mean, deviation float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		deviation += (v - mean) * (v - mean) / float64(len(x)-1)
	}
	return mean, math.Sqrt(deviation)
}

var pieces = regexp.MustCompile(`[A-Za-z]+|[^A-Za-z ]+`)

// TestClosedFormIsSimulation draws 100,000 stories: closed forms within 4 standard errors
// of what is drawn; the probability read from the text that of the choices made; no story
// a prefix of another.
func TestClosedFormIsSimulation(t *testing.T) {
	const n = 100_000
	s := Stories()
	nats, size, squares := make([]float64, n), make([]float64, n), make([]float64, n)
	texts := make([][]byte, n)
	for i := range texts {
		text, drew := s.Story(7, uint64(i))
		got, err := s.Nats(text)
		if err != nil {
			t.Fatalf("story %d: %v\n%s", i, err, text)
		}
		if !(math.Abs(got-drew) <= 1e-9) {
			t.Fatalf("story %d: Nats %v, drawn with %v", i, got, drew)
		}
		texts[i], nats[i], size[i] = text, drew, float64(len(text))
		squares[i] = (drew - s.Entropy()) * (drew - s.Entropy())
	}
	for _, c := range []struct {
		what   string
		x      []float64
		closed float64
	}{{"nats", nats, s.Entropy()}, {"bytes", size, s.Bytes()}, {"variance", squares, s.Deviation() * s.Deviation()}} {
		mean, deviation := sampleMoments(c.x)
		near(t, "mean "+c.what, mean, c.closed, 4*deviation/math.Sqrt(n))
	}
	slices.SortFunc(texts, bytes.Compare)
	for i := 1; i < n; i++ {
		if a, b := texts[i-1], texts[i]; len(a) < len(b) && bytes.HasPrefix(b, a) {
			t.Fatalf("%q is a prefix of %q", a, b)
		}
	}
}

// TestSecondComputation compares with the sum over all derivations by another algorithm.
func TestSecondComputation(t *testing.T) {
	s, d := Stories(), newDerivations(words(), plots())
	for i := range uint64(200) {
		text, nats := s.Story(3, i)
		near(t, string(text), -math.Log(d.probability(string(text))), nats, 1e-9)
	}
}

// small is a grammar whose stories can be listed, with every construct of the notation.
func small() ([]table, map[string]string) {
	return []table{
			{name: "who", forms: "name / he", odds: []string{"2 1 1"}, values: []string{"Ann / she", "Bob / he", "Cy / he"}},
			{name: "what", given: "who", forms: "name / a", values: []string{"axe / an axe", "bow / a bow", "cup / a cup"},
				odds: []string{"Ann: 1 2 5", "Bob: 1 0 1", "Cy: 0 0 3"}},
			{name: "where", given: "what", forms: "name", values: []string{"here", "home"},
				odds: []string{"axe: 3 1", "bow: 1 4", "cup: 1 1"}},
		}, map[string]string{
			"story": `[3: One day <who> | <Who>] [lost <what.a>. | $sleep | 0.5: lost all.][_{Who.he} cried[.| a lot.]|]`,
			"sleep": `slept <what> in hand [_<where>|]. So {who.he} did.`,
		}
}

// TestSmallGrammar lists every story: probabilities sum to 1, and give the closed forms.
func TestSmallGrammar(t *testing.T) {
	tables, rules := small()
	s, err := newSource(tables, rules, "story", "\n")
	if err != nil {
		t.Fatal(err)
	}
	all := newDerivations(tables, rules).all()
	var sum, entropy, square, size float64
	for text, p := range all {
		nats, err := s.Nats([]byte(text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		near(t, text, nats, -math.Log(p), 1e-12)
		sum += math.Exp(-nats)
		entropy += p * nats
		square += p * nats * nats
		size += p * float64(len(text))
	}
	if len(all) < 100 {
		t.Errorf("only %d stories", len(all))
	}
	near(t, "sum of probabilities", sum, 1, 1e-12)
	near(t, "entropy", s.Entropy(), entropy, 1e-12)
	near(t, "deviation", s.Deviation(), math.Sqrt(square-entropy*entropy), 1e-10)
	near(t, "bytes", s.Bytes(), size, 1e-10)
}

// TestSmallGrammarFrequencies compares how often the sampler draws each story with its
// probability.
func TestSmallGrammarFrequencies(t *testing.T) {
	tables, rules := small()
	s, err := newSource(tables, rules, "story", "\n")
	if err != nil {
		t.Fatal(err)
	}
	const n = 200_000
	count := map[string]float64{}
	for i := range uint64(n) {
		text, _ := s.Story(i%3, i/3)
		count[string(text)]++
	}
	all := newDerivations(tables, rules).all()
	for text, p := range all {
		near(t, text, count[text]/n, p, 5*math.Sqrt(p/n))
	}
}

// TestRejected holds grammars that must not compile.
func TestRejected(t *testing.T) {
	tables, _ := small()
	for rule, want := range map[string]string{
		"[a|ab]":                           "", // differ by what follows: the line feed
		"[a|a]":                            "written like another",
		"[a|][a|]":                         "written like another",
		"[a[b|c]|[a|d]b]":                  "written like another",
		"[a[b|c]|[a|d]e]":                  "",
		"<who> or [{who}|Ann]":             "written like another",
		"<who> has [<what>|cup]":           "written like another",
		"<who> has <what>[, {what}|, bow]": "written like another",
		"{who}":                            "before it is drawn",
		"<what>":                           "before it is drawn",
		"[a <who>|b] {who}":                "before it is drawn",
		"<who> <who>":                      "drawn twice",
		"[a <who>|b] <who>":                "drawn twice",
		"[a <who>|b <who>] {who.he}":       "",
		"<who.x>":                          "no form",
		"<nobody>":                         "not defined",
		"$nothing":                         "not defined",
		"$story":                           "contains itself",
		"[a|b":                             "unclosed",
		"a]":                               "unexpected",
		"<who":                             "unclosed",
		"<who}":                            "unclosed",
	} {
		_, err := newSource(tables, map[string]string{"story": rule}, "story", "\n")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: error %v, want %q", rule, err, want)
		}
	}
}

// TestBadTables holds declarations that must not compile.
func TestBadTables(t *testing.T) {
	good := table{name: "x", forms: "name", odds: []string{"1 1"}, values: []string{"a", "b"}}
	for want, tables := range map[string][]table{
		"has 1 forms":         {{name: "x", forms: "name / a", odds: []string{"1"}, values: []string{"a"}}},
		"1 weights, want 2":   {{name: "x", forms: "name", odds: []string{"1"}, values: []string{"a", "b"}}},
		"bad weight":          {{name: "x", forms: "name", odds: []string{"1 -1"}, values: []string{"a", "b"}}},
		"0 rows of odds":      {{name: "x", forms: "name", values: []string{"a", "b"}}},
		"not declared before": {{name: "x", given: "y", forms: "name", odds: []string{"1"}, values: []string{"a"}}},
		"want the row of":     {good, {name: "z", given: "x", forms: "name", odds: []string{"a: 1", "c: 1"}, values: []string{"a"}}},
		"at most":             slices.Repeat([]table{good}, maxVariables+1),
	} {
		if _, err := newSource(tables, map[string]string{"story": "s"}, "story", "\n"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// TestErrorsNameTheByte damages stories: the error must name the first byte that no story
// could have there.
func TestErrorsNameTheByte(t *testing.T) {
	s := Stories()
	text, _ := s.Story(1, 1)
	for i := range text {
		bad := bytes.Clone(text)
		bad[i] = 0
		if _, err := s.Nats(bad); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("from byte %d on", i)) {
			t.Fatalf("byte %d is 0: %v", i, err)
		}
		if _, err := s.Nats(text[:i]); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("stops at byte %d", i)) {
			t.Fatalf("cut at byte %d: %v", i, err)
		}
	}
	if _, err := s.Nats(append(text, text...)); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("from byte %d on", len(text))) {
		t.Fatalf("two stories: %v", err)
	}
}

// TestDecisions checks that a story's choices account for its nats, in order, inside the
// text.
func TestDecisions(t *testing.T) {
	s := Stories()
	for i := range uint64(500) {
		text, nats := s.Story(5, i)
		decisions, err := s.Decisions(text)
		if err != nil {
			t.Fatal(err)
		}
		sum, last := 0.0, 0
		for _, d := range decisions {
			if d.Offset < last || d.Offset >= len(text) || !(d.Nats >= 0) {
				t.Fatalf("story %d: decision %+v after byte %d of %d", i, d, last, len(text))
			}
			sum, last = sum+d.Nats, d.Offset
		}
		near(t, "sum of decisions", sum, nats, 1e-9)
	}
	if _, err := s.Decisions([]byte("Once upon a time")); err == nil {
		t.Error("no error for what is no story")
	}
}

// TestDeterminism holds the stories to those of the first release: models are compared by
// seed.
func TestDeterminism(t *testing.T) {
	s, h := Stories(), sha256.New()
	for i := range uint64(1000) {
		text, _ := s.Story(1, i)
		h.Write(text)
	}
	const want = "74c7286ad74df170e8799d13d85a4f2175e3689f59c213e90f83ec759e198980" // made by this package
	if got := fmt.Sprintf("%x", h.Sum(nil)); got != want {
		t.Errorf("sha256 of the first 1000 stories of seed 1: %s, want %s", got, want)
	}
	seen := map[string]bool{}
	for seed := range uint64(10) {
		for i := range uint64(10) {
			text, _ := s.Story(seed, i)
			seen[string(text)] = true
		}
	}
	if len(seen) != 100 {
		t.Errorf("%d different stories, want 100", len(seen))
	}
}

// TestEnglish looks for slips that a grammar of templates makes.
func TestEnglish(t *testing.T) {
	slips := regexp.MustCompile(`\b[Aa] [aeiou]|\b[Aa]n [^aeiou]|  | [.,?!]|[.?!]"? [a-z][^ ]* (?:was|is) |[a-z][.?!] [a-z]|,[.,]|[.,]{2}|[{}<>\[\]|_$]|\b(it were|they was|[Tt]hey is|[Ii]t are)\b`)
	whole := regexp.MustCompile(`^(One|It|On|The) [^\n]*[.!?]"?\n$`)
	s := Stories()
	for i := range uint64(8_000) {
		text, _ := s.Story(11, i)
		if m := slips.Find(text); m != nil {
			t.Fatalf("%q in %s", m, text)
		}
		if !whole.Match(text) || bytes.Count(text, []byte(`"`))%2 != 0 {
			t.Fatalf("not a whole story: %s", text)
		}
		if n := len(pieces.FindAll(text, -1)); n < 50 || n > 105 {
			t.Fatalf("%d words: too short, or too long for a context of 128 tokens: %s", n, text)
		}
	}
}

// TestNeedsContext measures what a perfect word bigram, the conditional entropy of a word
// given the one before, would pay for a story: far more than a reader of the whole.
func TestNeedsContext(t *testing.T) {
	const n = 10_000
	s := Stories()
	pairs, firsts := map[[2]string]float64{}, map[string]float64{}
	for i := range uint64(n) {
		text, _ := s.Story(13, i)
		before := ""
		for _, w := range pieces.FindAllString(string(text), -1) {
			pairs[[2]string{before, w}]++
			firsts[before]++
			before = w
		}
	}
	bigram := 0.0
	for pair, c := range pairs {
		bigram -= c / n * math.Log(c/firsts[pair[0]])
	}
	if !(bigram >= 5*s.Entropy()) {
		t.Errorf("a word bigram pays %.1f nats a story, the floor is %.1f", bigram, s.Entropy())
	}
}

// FuzzNats: any bytes give an error or a finite number, in time linear in their length.
func FuzzNats(f *testing.F) {
	s := Stories()
	for i := range uint64(3) {
		text, _ := s.Story(1, i)
		f.Add(text)
		f.Add(text[:len(text)/2])
	}
	f.Add([]byte{})
	f.Add([]byte("One \xff"))
	f.Fuzz(func(t *testing.T, text []byte) {
		nats, err := s.Nats(text)
		if err == nil && !(nats > 0 && nats < 1000) {
			t.Errorf("%q: %v nats", text, nats)
		}
	})
}

func BenchmarkNats(b *testing.B) {
	s := Stories()
	text, _ := s.Story(1, 1)
	for b.Loop() {
		if _, err := s.Nats(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStories(b *testing.B) {
	for b.Loop() {
		Stories()
	}
}
