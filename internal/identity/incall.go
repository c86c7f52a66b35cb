package identity

import "context"

// TokenVerifier turns a bearer token into a caller, as Verifier does.
type TokenVerifier interface {
	Verify(ctx context.Context, bearer string) (Principal, error)
}

type signedInKey struct{}

// SignedIn marks a call that a page makes within this process for a caller
// whose session it has looked up. Nothing that comes over the network can.
func SignedIn(ctx context.Context, caller Principal) context.Context {
	return context.WithValue(ctx, signedInKey{}, caller)
}

// CallerVerifier takes a caller who is signed in from the context of the call,
// and everyone else by bearer token. So pages use the same operations, under
// the same rules, as every other caller.
type CallerVerifier struct{ Tokens TokenVerifier }

// Verify answers as TokenVerifier does.
func (v CallerVerifier) Verify(ctx context.Context, bearer string) (Principal, error) {
	if caller, ok := ctx.Value(signedInKey{}).(Principal); ok && bearer == "" {
		return caller, nil
	}
	return v.Tokens.Verify(ctx, bearer)
}
