//go:build !race

package documentstest

const raced = false
