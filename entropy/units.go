package entropy

import (
	"fmt"
	"math"
)

// Nats is an amount of information in natural units: the surprisal of an
// outcome of probability 1/e. Source: Cover & Thomas, section 2.1.
type Nats float64

// Bits is an amount of information in binary units: the surprisal of a fair
// coin. Source: Shannon 1948, introduction, who owes the word to J. W. Tukey.
type Bits float64

// Bits converts: n / ln 2. ±∞ and NaN stay what they are.
func (n Nats) Bits() Bits { return Bits(n / math.Ln2) }

// Nats converts: b · ln 2. ±∞ and NaN stay what they are.
func (b Bits) Nats() Nats { return Nats(b * math.Ln2) }

// String gives seven significant digits and the unit, as in "1.386294 nats".
func (n Nats) String() string { return fmt.Sprintf("%.7g nats", float64(n)) }

// String gives seven significant digits and the unit, as in "2 bits".
func (b Bits) String() string { return fmt.Sprintf("%.7g bits", float64(b)) }
