//go:build race

package outgoing

// raced: the race detector takes memory of its own.
const raced = true
