package gemm

var selected = generic
