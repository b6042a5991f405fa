package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// One process is several issuers, told apart by the first element of the path: /email and /email2 name people,
// /actions and /actions2 name workflows. GET /ISSUER/token?CLAIM=VALUE&... mints a token for whoever asks, with
// any claim replaced: this is a test bed's issuer, and its key is made when it starts.

type issuer struct {
	key *rsa.PrivateKey
	id  string
}

func serveIssuer(arguments []string) error {
	flags := newFlags("issuer")
	listen := flags.String("listen", "127.0.0.1:0", "address to serve on")
	flags.Parse(arguments)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(key.N.Bytes())
	return serve(*listen, &issuer{key, hex.EncodeToString(sum[:8])})
}

func encode(content []byte) string { return base64.RawURLEncoding.EncodeToString(content) }

func (i *issuer) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	tenant, path, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/"), "/")
	if tenant != "email" && tenant != "email2" && tenant != "actions" && tenant != "actions2" {
		http.NotFound(w, request)
		return
	}
	url := "http://" + request.Host + "/" + tenant
	var answer any
	switch path {
	case ".well-known/openid-configuration":
		answer = map[string]any{
			"issuer": url, "jwks_uri": url + "/keys", "authorization_endpoint": url + "/authorize",
			"token_endpoint": url + "/token", "response_types_supported": []string{"id_token"},
			"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
		}
	case "keys":
		answer = map[string]any{"keys": []any{map[string]string{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": i.id,
			"n": encode(i.key.N.Bytes()), "e": encode(big.NewInt(int64(i.key.E)).Bytes()),
		}}}
	case "token":
		token, err := i.sign(claims(url, tenant, request.URL.Query()))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer = map[string]string{"value": token}
	default:
		http.NotFound(w, request)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(answer)
}

func (i *issuer) sign(claims map[string]any) (string, error) {
	header, _ := json.Marshal(map[string]string{"alg": "RS256", "typ": "JWT", "kid": i.id})
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := encode(header) + "." + encode(payload)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, i.key, crypto.SHA256, sum[:])
	return text + "." + encode(signature), err
}

func claims(issuer, tenant string, given url.Values) map[string]any {
	now := time.Now().Unix()
	made := map[string]any{"iss": issuer, "aud": "sigstore", "iat": now, "nbf": now - 5, "exp": now + 600}
	or := func(name, otherwise string) string {
		if given.Has(name) {
			return given.Get(name)
		}
		return otherwise
	}
	if strings.HasPrefix(tenant, "email") {
		email := or("email", "dev@shop.example")
		made["sub"], made["email"], made["email_verified"] = "user-"+email, email, true
	} else {
		for name, value := range workflowClaims(or) {
			made[name] = value
		}
	}
	for name := range given {
		if name == "exp" || name == "iat" || name == "nbf" {
			made[name], _ = strconv.ParseInt(given.Get(name), 10, 64)
		} else if name != "workflow_file" {
			made[name] = given.Get(name)
		}
	}
	return made
}

// workflowClaims are the ones that a run of GitHub Actions has; Fulcio asks for every one of them. The claim
// workflow_file is no claim: it is the short way to another workflow of the same repository.
func workflowClaims(or func(name, otherwise string) string) map[string]string {
	repository, ref := or("repository", "shop/web"), or("ref", "refs/heads/main")
	owner, _, _ := strings.Cut(repository, "/")
	commit := sha1.Sum([]byte(repository + ref))
	sha := or("sha", hex.EncodeToString(commit[:]))
	workflow := or("workflow_ref", repository+"/"+or("workflow_file", ".github/workflows/release.yml")+"@"+ref)
	kind := "branch"
	if strings.HasPrefix(ref, "refs/tags/") {
		kind = "tag"
	}
	return map[string]string{
		"sub": "repo:" + repository + ":ref:" + ref, "jti": strconv.FormatInt(time.Now().UnixNano(), 36),
		"repository": repository, "repository_owner": owner, "repository_id": "700001",
		"repository_owner_id": "90001", "repository_visibility": "private",
		"ref": ref, "ref_type": kind, "sha": sha, "workflow": "release",
		"workflow_ref": workflow, "workflow_sha": sha, "job_workflow_ref": workflow, "job_workflow_sha": sha,
		"event_name": "push", "run_id": "5550001", "run_number": "12", "run_attempt": "1",
		"actor": "dev", "actor_id": "1001", "runner_environment": "github-hosted",
	}
}
