//go:build race

package documentstest

// raced: this binary was built with the race detector.
const raced = true
