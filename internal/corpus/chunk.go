package corpus

// A Chunk is a piece of a list of texts that is convenient to read at once: a
// part of one text, or several whole ones.
type Chunk struct {
	first, count int32 // texts[first : first+count]
	part, parts  int32 // of texts[first]; parts is 1 where texts are whole
}

// Chunks cuts texts, laid end to end, into chunks of about size bytes. A text
// that is longer is cut into ⌈length/size⌉ equal parts, each boundary moved to
// the first line start in the quarter of a part behind it, or else to the first
// rune start; shorter ones that follow each other are gathered until they have
// size bytes.
func Chunks(texts []Text, size int64) (list []Chunk) {
	gathered := int64(0) // bytes of the last chunk, if more can join it
	for i, t := range texts {
		switch parts := (t.Len() + size - 1) / size; {
		case parts > 1:
			for part := range parts {
				list = append(list, Chunk{int32(i), 1, int32(part), int32(parts)})
			}
			gathered = 0
		case gathered == 0 || gathered >= size:
			list = append(list, Chunk{int32(i), 1, 0, 1})
			gathered = t.Len()
		default:
			list[len(list)-1].count++
			gathered += t.Len()
		}
	}
	return list
}

// Spread returns about size bytes of the chunks of texts, spread evenly over
// all of them, or all if that is no more.
func Spread(texts []Text, chunks []Chunk, size int64) (list []Chunk) {
	s := newSpreader(texts, size)
	for _, c := range chunks {
		if s.due() {
			list = append(list, c)
			s.taken += c.bytes(texts)
		}
		s.passed += c.bytes(texts)
	}
	return list
}

// Read calls yield with the texts of a chunk, or the part of one, in order. The
// text is valid until yield returns; ends says that its end is a document's. An
// error of yield is returned as it is.
func (s *Store) Read(texts []Text, c Chunk, yield func(text []byte, ends bool) error) error {
	for i, t := range texts[c.first : c.first+c.count] {
		lo, hi := int64(0), t.Len()
		if c.parts > 1 {
			var err error
			if lo, hi, err = s.bounds(t, c); err != nil {
				return err
			}
		}
		b, err := s.read(texts[int(c.first)+i], lo, hi-lo)
		if err != nil {
			return err
		}
		if err := yield(b, hi == t.Len() && !t.Cut()); err != nil {
			return err
		}
	}
	return nil
}

// bytes is a chunk's size, for a part before its boundaries are moved.
func (c Chunk) bytes(texts []Text) (n int64) {
	if c.parts > 1 {
		t := texts[c.first]
		return t.nominal(c.part+1, c.parts) - t.nominal(c.part, c.parts)
	}
	for _, t := range texts[c.first : c.first+c.count] {
		n += t.Len()
	}
	return n
}

// nominal is where part i of n would begin if any place would do.
func (t Text) nominal(i, n int32) int64 {
	whole, rest := t.Len()/int64(n), t.Len()%int64(n)
	return whole*int64(i) + rest*int64(i)/int64(n) // t.Len()·i may overflow
}

// bounds returns the place of a chunk that is a part of t.
func (s *Store) bounds(t Text, c Chunk) (lo, hi int64, err error) {
	if lo, err = s.boundary(t, c.part, c.parts); err == nil {
		hi, err = s.boundary(t, c.part+1, c.parts)
	}
	return lo, hi, err
}

// boundary returns where part i of n of t begins, and for i = n its end.
func (s *Store) boundary(t Text, i, n int32) (int64, error) {
	at := t.nominal(i, n)
	if i == 0 || i == n {
		return at, nil
	}
	line, err := s.lineStartFrom(t, at, at+t.Len()/int64(n)/4)
	if err != nil || line >= 0 {
		return line, err
	}
	return s.runeStart(t, at)
}

// A spreader takes some of what passes, so that what it has taken keeps in step.
type spreader struct{ size, total, taken, passed int64 }

func newSpreader(texts []Text, size int64) spreader {
	s := spreader{size: size}
	for _, t := range texts {
		s.total += t.Len()
	}
	return s
}

// due reports whether the next is to be taken: taken/passed ≤ size/total. In
// floating point, since products of sizes may overflow.
func (s *spreader) due() bool {
	return s.taken < s.size && float64(s.taken)*float64(s.total) <= float64(s.passed)*float64(s.size) || s.total <= s.size
}
