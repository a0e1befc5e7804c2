// A Go service that verifies HookSentry access tokens. Compiled with Go 1.19.8 against stand-ins of its two libraries; not run with the
// libraries themselves.
//
//   go mod init verifier && go mod tidy
//   JWT_KEY=$(cat jwt-key) REDIS_URL=redis://verifier:PASSWORD@127.0.0.1:6379 go run .
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/redis/go-redis/v9"
)

// Caller is the caller of a request, from the claims of the access token.
type Caller struct {
	TenantID  string  `json:"tenant_id"`
	Email     string  `json:"email"`
	Role      string  `json:"role"`
	SessionID *string `json:"sid"`
	jwt.RegisteredClaims
}

type callerKey struct{}

var (
	uuid   = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	roles  = map[string]bool{"Developer": true, "Admin": true, "Owner": true, "Viewer": true}
	parser = jwt.NewParser(
		jwt.WithValidMethods([]string{"HS256"}),
		jwt.WithIssuer("hooksentry-api"),
		jwt.WithAudience("hooksentry-client"),
		jwt.WithExpirationRequired(),
		jwt.WithLeeway(5*time.Second),
	)
)

// Validate is called by the parser after it has checked signature, issuer, audience and times.
func (c *Caller) Validate() error {
	ids := uuid.MatchString(c.Subject) && uuid.MatchString(c.ID) && uuid.MatchString(c.TenantID)
	session := c.SessionID == nil || uuid.MatchString(*c.SessionID)
	if !ids || !session || c.Email == "" || !roles[c.Role] {
		return errors.New("claims")
	}
	return nil
}

// verified calls next for a request with a valid bearer token. The context contains the Caller.
func verified(keys []string, denylist *redis.Client, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		values := r.Header.Values("Authorization")
		scheme, token, _ := strings.Cut(strings.Join(values, ","), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			unauthorized(w, "Bearer")
			return
		}
		caller, err := callerOf(strings.TrimLeft(token, " "), keys)
		if err != nil {
			unauthorized(w, `Bearer error="invalid_token"`)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), 500*time.Millisecond)
		defer cancel()
		pipe := denylist.Pipeline() // one connection, one round trip
		role, entries := pipe.Do(ctx, "ROLE"), pipe.Exists(ctx, "auth:jwt:revoked:"+caller.ID)
		_, err = pipe.Exec(ctx)
		if fields, _ := role.Slice(); err != nil || len(fields) == 0 || fields[0] != "master" {
			w.Header().Set("Retry-After", "2")
			message := "The service cannot answer at the moment; nothing was changed, try again."
			sendError(w, http.StatusServiceUnavailable, "service_unavailable", message)
			return
		}
		if entries.Val() != 0 {
			unauthorized(w, `Bearer error="invalid_token"`)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, caller)))
	})
}

// callerOf verifies a token with each key.
func callerOf(token string, keys []string) (caller *Caller, err error) {
	for _, key := range keys {
		caller = &Caller{}
		_, err = parser.ParseWithClaims(token, caller, func(*jwt.Token) (any, error) { return []byte(key), nil })
		if err == nil {
			break
		}
	}
	return caller, err
}

func unauthorized(w http.ResponseWriter, challenge string) {
	w.Header().Set("WWW-Authenticate", challenge)
	sendError(w, http.StatusUnauthorized, "invalid_token", "The bearer token is missing or not valid.")
}

func sendError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"error": code, "message": message})
}

func main() {
	previous := strings.FieldsFunc(os.Getenv("JWT_PREVIOUS_KEYS"), func(r rune) bool { return r == '\n' })
	keys := append([]string{os.Getenv("JWT_KEY")}, previous...)
	for _, key := range keys {
		if len(key) < 32 {
			log.Fatal("JWT_KEY: a key has at least 32 bytes")
		}
	}
	options, err := redis.ParseURL(os.Getenv("REDIS_URL"))
	if err != nil {
		log.Fatal(err)
	}
	options.ContextTimeoutEnabled = true       // otherwise the timeout does not apply to reads
	options.ConnMaxLifetime = 10 * time.Second // so that the connection to a former primary is closed
	who := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller := r.Context().Value(callerKey{}).(*Caller)
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{
			"userId": caller.Subject, "tenantId": caller.TenantID, "role": caller.Role,
			"email": caller.Email, "sessionId": caller.SessionID,
		})
	})
	port := os.Getenv("PORT")
	if port == "" {
		port = "8081"
	}
	log.Print("listening on http://127.0.0.1:" + port)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, verified(keys, redis.NewClient(options), who)))
}
