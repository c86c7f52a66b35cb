// Package config is the one validated struct that a deployment is configured
// by. It is read from environment variables, all prefixed TRAVELDOC_ but
// DATABASE_URL, and no value has an insecure default: what is a secret must be
// given, by value or as a file that only its owner can read.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"
)

// Config is everything a process of traveldoc is told from outside.
type Config struct {
	DatabaseURL string // PostgreSQL, TRAVELDOC's own database
	// MasterKeys are references of the keys that wrap all others: the first wraps, the others are former ones.
	MasterKeys []string
	Listen     string // address of the API
	PublicURL  string // where people reach the API; mail links begin with it

	Temporal  Temporal
	Mail      Mail
	Identity  Identity
	Documents Documents
	Audit     Audit
	Codec     Codec

	// AttemptsApart is how many days lie at least between the first attempt and the last
	// before somebody signs that a person fails to comply.
	AttemptsApart int
	// RetentionYears is for how long persons' data is kept; see retention.ParsePeriods. Empty: the default.
	RetentionYears string

	DirectoryFile string        // seed of people, offices, posts and desks; empty: as loaded before
	StopTimeout   time.Duration // how long a stop waits for work under way
	CacheSize     int           // workflows kept in a worker's memory; 0 is the worker's own figure
	WorkerHealth  string        // address of a worker's health checks; empty for none
}

// Temporal says where the engine is.
type Temporal struct {
	Address   string
	Namespace string
}

// Mail says how mail leaves.
type Mail struct {
	BaseURL           string
	APIKey            string
	From              string
	FromName          string
	ReplyTo           string
	WebhookPublicKeys []string // base64 DER, as the provider shows them; more than one while a key is changed
}

// Identity says whose tokens are believed, and as whom the pages ask people to sign in.
type Identity struct {
	Issuer       string
	Audience     string
	ClientID     string        // of the pages; the audience unless set
	ClientSecret string        // empty for a public client
	Idle         time.Duration // ends a session in which nothing is done
	Lifetime     time.Duration // ends it in any case
}

// Audit says how the log of who did what is signed, checked and kept elsewhere.
type Audit struct {
	KeyFile  string // path of the key that signs checkpoints; the worker's alone
	Verifier string // public half of it or of a former one; whoever verifies has it
	Folder   string // of exported checkpoints, on storage that the database's owner can't rewrite
}

// Codec says where the codec server is, which opens histories for the Temporal UI.
type Codec struct {
	Listen string // address that it serves at
	Origin string // of the Temporal UI, whose pages alone may call it
	URL    string // where the doctor finds it; empty: there is none
}

// Documents says where documents are kept, and what is taken.
type Documents struct {
	Folder    string        // of sealed files; every API process of a deployment sees the same
	Bytes     int64         // of one file
	Pages     int           // of one file
	Pixels    int           // of one page or picture
	Memory    int64         // bytes that reading one file may take
	Time      time.Duration // that reading one file may take
	AtOnce    int           // files read at a time
	OfPerson  int           // documents of a person that are not withdrawn
	OfRequest int           // of them, of one request
}

// DefaultDocuments are the limits of a deployment that sets none.
func DefaultDocuments(folder string) Documents {
	return Documents{
		Folder: folder, Bytes: 32 * megabyte, Pages: 100, Pixels: 40 * megapixel, Memory: 768 * megabyte, Time: time.Minute,
		AtOnce: 2, OfPerson: 200, OfRequest: 60,
	}
}

// DefaultAttemptsApart is custom: two refusals two weeks apart came before the notice
// in Ali v. Johnson (N.D. Tex. 2021). 8 CFR 241.4(g)(5) gives no number.
const DefaultAttemptsApart = 14

const (
	megabyte  = 1 << 20
	megapixel = 1_000_000
	// leastMemory is what starting to read takes.
	leastMemory = 512 * megabyte
)

// Part of the system that a process runs; each needs only its own settings.
type Part int

// The parts.
const (
	Database Part = iota // the database alone
	Keys                 // migrate, keys: the database and what is sealed in it
	Verify               // audit: the database and what was exported of its log
	AuditKey             // audit rotate-key: the same, and the key that signs
	API
	Worker
	Retention   // retention: what is kept, and the folder of documents
	CodecServer // codec: what is sealed in the engine, and who may see it
)

// Source looks a variable up, as os.LookupEnv does.
type Source func(name string) (string, bool)

// Load reads and validates what a part needs. The error lists every fault.
func Load(source Source, part Part) (Config, error) {
	r := reader{source: source}
	c := Config{
		DatabaseURL: r.secret("DATABASE_URL"),
		StopTimeout: r.duration("TRAVELDOC_STOP_TIMEOUT", 30*time.Second),
	}
	if part == Database {
		return c, r.err()
	}
	if part == AuditKey {
		c.Audit = r.auditKey()
		return c, r.err()
	}
	if part == Verify {
		c.Audit = Audit{Verifier: r.required("TRAVELDOC_AUDIT_VERIFIER"), Folder: r.required("TRAVELDOC_AUDIT_FOLDER")}
		return c, r.err()
	}
	if c.MasterKeys = r.list("TRAVELDOC_MASTER_KEYS"); len(c.MasterKeys) == 0 {
		r.fault("TRAVELDOC_MASTER_KEYS", "must be set")
	}
	switch part {
	case Keys:
		return c, r.err()
	case Retention:
		c.Documents, c.RetentionYears = r.documents(API), r.optional("TRAVELDOC_RETENTION_YEARS", "")
		return c, r.err()
	}
	c.PublicURL = r.url("TRAVELDOC_PUBLIC_URL")
	if part == CodecServer {
		c.Identity = r.identity()
		c.Codec = Codec{Listen: r.optional("TRAVELDOC_CODEC_LISTEN", "127.0.0.1:8234"), Origin: r.origin("TRAVELDOC_CODEC_ORIGIN")}
		return c, r.err()
	}
	c.Temporal = Temporal{
		Address:   r.required("TRAVELDOC_TEMPORAL_ADDRESS"),
		Namespace: r.optional("TRAVELDOC_TEMPORAL_NAMESPACE", "traveldoc"),
	}
	c.DirectoryFile = r.optional("TRAVELDOC_DIRECTORY_FILE", "")
	c.AttemptsApart = r.positive("TRAVELDOC_ATTEMPTS_APART", DefaultAttemptsApart)
	c.Documents = r.documents(part)
	if part == API {
		c.Listen = r.optional("TRAVELDOC_LISTEN", "127.0.0.1:8080")
		c.Identity = r.identity()
		if r.optional("TRAVELDOC_CODEC_URL", "") != "" {
			c.Codec.URL = r.url("TRAVELDOC_CODEC_URL")
		}
		c.Mail.WebhookPublicKeys = r.list("TRAVELDOC_SENDGRID_WEBHOOK_KEYS")
	}
	if part == Worker {
		c.CacheSize = r.number("TRAVELDOC_WORKFLOW_CACHE", 0)
		c.WorkerHealth = r.optional("TRAVELDOC_WORKER_HEALTH", "")
		c.Mail = r.mail()
		c.Audit = r.auditKey()
	}
	return c, r.err()
}

func (r *reader) auditKey() Audit {
	return Audit{KeyFile: r.required("TRAVELDOC_AUDIT_KEY_FILE"), Folder: r.required("TRAVELDOC_AUDIT_FOLDER")}
}

func (r *reader) identity() Identity {
	audience := r.required("TRAVELDOC_OIDC_AUDIENCE")
	found := Identity{
		Issuer: r.url("TRAVELDOC_OIDC_ISSUER"), Audience: audience, ClientID: r.optional("TRAVELDOC_OIDC_CLIENT", audience),
		Idle: r.duration("TRAVELDOC_SESSION_IDLE", 30*time.Minute), Lifetime: r.duration("TRAVELDOC_SESSION_LIFETIME", 12*time.Hour),
	}
	const secret = "TRAVELDOC_OIDC_CLIENT_SECRET"
	if r.optional(secret, "")+r.optional(secret+"_FILE", "") != "" {
		found.ClientSecret = r.secret(secret)
	}
	return found
}

// documents: the API keeps them in the folder. A worker that shares it carries
// on with packages that hold some; the counts are of both.
func (r *reader) documents(part Part) Documents {
	d := DefaultDocuments("")
	if part == API {
		d.Folder = r.required("TRAVELDOC_DOCUMENTS")
	} else {
		d.Folder = r.optional("TRAVELDOC_DOCUMENTS", "")
	}
	d.Bytes = megabyte * int64(r.positive("TRAVELDOC_DOCUMENT_MEGABYTES", int(d.Bytes/megabyte)))
	d.Pages = r.positive("TRAVELDOC_DOCUMENT_PAGES", d.Pages)
	d.Pixels = megapixel * r.positive("TRAVELDOC_DOCUMENT_MEGAPIXELS", d.Pixels/megapixel)
	d.Memory = megabyte * int64(r.positive("TRAVELDOC_DOCUMENT_MEMORY", int(d.Memory/megabyte)))
	if d.Memory < leastMemory {
		r.fault("TRAVELDOC_DOCUMENT_MEMORY", "must be at least 512")
	}
	d.Time = r.duration("TRAVELDOC_DOCUMENT_TIME", d.Time)
	d.AtOnce = r.positive("TRAVELDOC_DOCUMENTS_AT_ONCE", d.AtOnce)
	d.OfPerson = r.positive("TRAVELDOC_DOCUMENTS_OF_PERSON", d.OfPerson)
	d.OfRequest = r.positive("TRAVELDOC_DOCUMENTS_OF_REQUEST", d.OfRequest)
	return d
}

// mostOfAnything keeps figures in megabytes within what a machine can count.
const mostOfAnything = 1 << 20

func (r *reader) positive(name string, otherwise int) int {
	value := r.number(name, otherwise)
	if value < 1 || value > mostOfAnything {
		r.fault(name, "must be between 1 and 1048576")
		return otherwise
	}
	return value
}

func (r *reader) mail() Mail {
	return Mail{
		BaseURL:  r.optional("TRAVELDOC_SENDGRID_URL", "https://api.sendgrid.com"),
		APIKey:   r.secret("TRAVELDOC_SENDGRID_KEY"),
		From:     r.required("TRAVELDOC_MAIL_FROM"),
		FromName: r.optional("TRAVELDOC_MAIL_FROM_NAME", "ERO TD desk"),
		ReplyTo:  r.optional("TRAVELDOC_MAIL_REPLY_TO", ""),
	}
}

// reader collects faults, so that one start shows them all.
type reader struct {
	source Source
	faults []error
}

func (r *reader) err() error { return errors.Join(r.faults...) }

func (r *reader) fault(name, problem string) {
	r.faults = append(r.faults, fmt.Errorf("%s %s", name, problem))
}

func (r *reader) optional(name, otherwise string) string {
	if value, ok := r.source(name); ok && value != "" {
		return value
	}
	return otherwise
}

func (r *reader) required(name string) string {
	value := r.optional(name, "")
	if value == "" {
		r.fault(name, "must be set")
	}
	return value
}

// secret reads NAME, or the file that NAME_FILE names, which only its owner may read.
func (r *reader) secret(name string) string {
	file := r.optional(name+"_FILE", "")
	if file == "" {
		return r.required(name)
	}
	info, err := os.Stat(file)
	if err != nil {
		r.fault(name+"_FILE", "cannot be read: "+errors.Unwrap(err).Error())
		return ""
	}
	if info.Mode().Perm()&fs.FileMode(0o077) != 0 {
		r.fault(name+"_FILE", "may be read by others: chmod 600 it")
		return ""
	}
	content, err := os.ReadFile(file)
	if err != nil || strings.TrimSpace(string(content)) == "" {
		r.fault(name+"_FILE", "is empty or cannot be read")
	}
	return strings.TrimSpace(string(content))
}

func (r *reader) url(name string) string {
	value := r.required(name)
	parsed, err := url.Parse(value)
	if value != "" && (err != nil || parsed.Host == "" || (parsed.Scheme != "https" && parsed.Scheme != "http")) {
		r.fault(name, "must be an http or https address")
	}
	return strings.TrimSuffix(value, "/")
}

// origin is an address without a path, as browsers send it.
func (r *reader) origin(name string) string {
	value := r.url(name)
	if parsed, err := url.Parse(value); err == nil && value != "" && value != parsed.Scheme+"://"+parsed.Host {
		r.fault(name, "must be an address without a path")
	}
	return value
}

func (r *reader) list(name string) []string {
	var values []string
	for _, value := range strings.Split(r.optional(name, ""), ",") {
		if value = strings.TrimSpace(value); value != "" {
			values = append(values, value)
		}
	}
	return values
}

func (r *reader) duration(name string, otherwise time.Duration) time.Duration {
	text := r.optional(name, "")
	if text == "" {
		return otherwise
	}
	value, err := time.ParseDuration(text)
	if err != nil || value <= 0 {
		r.fault(name, "must be a positive duration such as 30s")
	}
	return value
}

func (r *reader) number(name string, otherwise int) int {
	text := r.optional(name, "")
	if text == "" {
		return otherwise
	}
	var value int
	if _, err := fmt.Sscanf(text, "%d", &value); err != nil || value < 0 {
		r.fault(name, "must be a whole number")
	}
	return value
}
