package system

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/url"

	"github.com/traveldoc/traveldoc/cmd/standalone/engine"
	"github.com/traveldoc/traveldoc/cmd/standalone/keyfile"
	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// Audience is the API's name in the test users' tokens.
const Audience = "traveldoc"

const (
	webhookKeyFile  = "webhook.key"
	identityKeyFile = "identity.key"
	masterKeyFile   = "master.json"
	auditKeyFile    = "audit.key"
	mailKeySecret   = "sendgrid-key"
	mailPath        = "/v1/webhooks/sendgrid/events"
)

// Settings are the environment variables with which traveldoc's own processes,
// in the same process or another one, find what this house offers. The database
// is reached as the API does; World gives a worker its own login.
func (h *House) Settings() (map[string]string, error) {
	mailKey, err := h.State.Secret(mailKeySecret)
	if err != nil {
		return nil, err
	}
	masterKey, err := h.MasterKey()
	if err != nil {
		return nil, err
	}
	auditKey := h.State.Path(auditKeyFile)
	if _, err := audit.CreateKey(auditKey); err != nil {
		return nil, err
	}
	webhookKey, err := h.webhookKey()
	if err != nil {
		return nil, err
	}
	database, err := h.databaseURL(apiLogin())
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"DATABASE_URL":                    database,
		"TRAVELDOC_MASTER_KEYS":           masterKey,
		"TRAVELDOC_DOCUMENTS":             h.State.Path("documents"),
		"TRAVELDOC_AUDIT_KEY_FILE":        auditKey,
		"TRAVELDOC_AUDIT_FOLDER":          h.State.Path("audit"),
		"TRAVELDOC_LISTEN":                h.Address(APIPort),
		"TRAVELDOC_PUBLIC_URL":            h.URL(APIPort),
		"TRAVELDOC_TEMPORAL_ADDRESS":      h.Address(TemporalPort),
		"TRAVELDOC_TEMPORAL_NAMESPACE":    engine.Namespace,
		"TRAVELDOC_CODEC_LISTEN":          h.Address(CodecPort),
		"TRAVELDOC_CODEC_ORIGIN":          h.URL(TemporalUIPort),
		"TRAVELDOC_CODEC_URL":             h.URL(CodecPort),
		"TRAVELDOC_OIDC_ISSUER":           h.URL(IdentityPort),
		"TRAVELDOC_OIDC_AUDIENCE":         Audience,
		"TRAVELDOC_SENDGRID_URL":          h.URL(MailPort),
		"TRAVELDOC_SENDGRID_KEY":          mailKey,
		"TRAVELDOC_SENDGRID_WEBHOOK_KEYS": webhookKey,
		"TRAVELDOC_MAIL_FROM":             "td-desk@traveldoc.example",
	}, nil
}

// MasterKey is the reference of this house's master key, which is made at first
// use and persists in a file that only its owner can read.
func (h *House) MasterKey() (string, error) {
	reference := "file://" + h.State.Path(masterKeyFile)
	_, err := vault.CreateMasterFile(reference)
	return reference, err
}

// webhookKey is the public half of the mail drop's signing key, in the form in
// which SendGrid shows it.
func (h *House) webhookKey() (string, error) {
	key, err := keyfile.LoadOrCreate(h.State.Path(webhookKeyFile))
	if err != nil {
		return "", err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return "", fmt.Errorf("write the webhook key: %w", err)
	}
	return base64.StdEncoding.EncodeToString(public), nil
}

// webhookURL is where the API takes the mail drop's events.
func (h *House) webhookURL() string {
	address := url.URL{Scheme: "http", Host: h.Address(APIPort), Path: mailPath}
	return address.String()
}
