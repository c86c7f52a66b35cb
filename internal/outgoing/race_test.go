//go:build race

package outgoing

// raced: the race detector takes time and memory of its own.
const raced = true
