// Package contract is what openapi.yaml says, as Go types and routes. All but
// this file is generated; change the document and generate anew.
package contract

//go:generate go tool -modfile=../../tools/go.mod oapi-codegen -config oapi-codegen.yaml ../openapi.yaml
