//go:build !amd64 || purego

package vec

// Each says of how many elements, from the first on, it has taken care.

func add(z, x, y []float32) int                             { return 0 }
func mul(z, x, y []float32) int                             { return 0 }
func scale(x []float32, a float32) int                      { return 0 }
func negate(y, x []float32) int                             { return 0 }
func norm(y, x, w []float32, r float32) int                 { return 0 }
func normGradient(dx, dy, x, w []float32, r, k float32) int { return 0 }
func addProduct(dw, dy, x []float32, r float32) int         { return 0 }
func gated(y, gate, up []float32) int                       { return 0 }
func gateGradient(gate, up, e, dy []float32) int            { return 0 }
func adamW(w, g, m, v []float32, u *Update) int             { return 0 }
func rotate(x, cos, sin []float32, c, s float32) bool       { return false }

func sum(x []float32) float32            { return genericSum(x) }
func dot(x, y []float32) float32         { return genericDot(x, y) }
func dot3(x, y, z []float32) float32     { return genericDot3(x, y, z) }
func squares(x []float32) (float64, int) { return genericSquares(x) }
