//go:build !race

package outgoing

const raced = false
