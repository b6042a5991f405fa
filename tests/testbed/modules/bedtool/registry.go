package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The registry follows the OCI distribution specification 1.1 closely enough for every client that the tests
// use, with one deliberate difference: a manifest may name blobs that are not there.

const (
	mediaTypeIndex    = "application/vnd.oci.image.index.v1+json"
	mediaTypeManifest = "application/vnd.oci.image.manifest.v1+json"
	maxManifest       = 4 << 20
)

type descriptor struct {
	MediaType    string            `json:"mediaType"`
	Digest       string            `json:"digest"`
	Size         int               `json:"size"`
	ArtifactType string            `json:"artifactType,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	Platform     *platform         `json:"platform,omitempty"`
}

type manifest struct {
	MediaType    string            `json:"mediaType,omitempty"`
	ArtifactType string            `json:"artifactType,omitempty"`
	Config       *descriptor       `json:"config,omitempty"`
	Layers       []descriptor      `json:"layers,omitempty"`
	Manifests    []descriptor      `json:"manifests,omitempty"`
	Subject      *descriptor       `json:"subject,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
}

type stored struct {
	mediaType string
	content   []byte
}

type repository struct {
	blobs     map[string][]byte
	manifests map[string]stored
	tags      map[string]string
}

type registry struct {
	pageSize int

	mutex        sync.Mutex // guards all below
	repositories map[string]*repository
	uploads      map[string][]byte
	uploadsMade  int
}

func serveRegistry(arguments []string) error {
	flags := newFlags("registry")
	listen := flags.String("listen", "127.0.0.1:0", "address to serve on")
	page := flags.Int("page", 100, "referrers and tags in one answer")
	flags.Parse(arguments)
	return serve(*listen, &registry{
		pageSize:     *page,
		repositories: map[string]*repository{},
		uploads:      map[string][]byte{},
	})
}

func digestOf(algorithm string, content []byte) string {
	if algorithm == "sha512" {
		sum := sha512.Sum512(content)
		return "sha512:" + hex.EncodeToString(sum[:])
	}
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func matches(digest string, content []byte) bool {
	algorithm, _, _ := strings.Cut(digest, ":")
	return digestOf(algorithm, content) == digest
}

func isDigest(reference string) bool { return strings.Contains(reference, ":") }

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]string{"code": code, "message": message}}})
}

// ServeHTTP splits /v2/NAME/KIND/REFERENCE; a name may hold slashes, so the kind is looked for from the end.
func (r *registry) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	path := strings.TrimPrefix(request.URL.Path, "/v2/")
	if path == "" {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, "{}")
		return
	}
	kinds := map[string]func(http.ResponseWriter, *http.Request, string, string){
		"/blobs/uploads/": r.serveUpload,
		"/blobs/":         r.serveBlob,
		"/manifests/":     r.serveManifest,
		"/tags/":          r.serveTags,
		"/referrers/":     r.serveReferrers,
	}
	for _, kind := range []string{"/blobs/uploads/", "/blobs/", "/manifests/", "/tags/", "/referrers/"} {
		if at := strings.LastIndex(path, kind); at > 0 {
			kinds[kind](w, request, path[:at], path[at+len(kind):])
			return
		}
	}
	refuse(w, http.StatusNotFound, "NAME_UNKNOWN", "no such path")
}

func (r *registry) find(name string) *repository {
	if found := r.repositories[name]; found != nil {
		return found
	}
	return &repository{}
}

func (r *registry) make(name string) *repository {
	if r.repositories[name] == nil {
		r.repositories[name] = &repository{map[string][]byte{}, map[string]stored{}, map[string]string{}}
	}
	return r.repositories[name]
}

func (r *registry) serveUpload(w http.ResponseWriter, request *http.Request, name, id string) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		refuse(w, http.StatusBadRequest, "BLOB_UPLOAD_INVALID", err.Error())
		return
	}
	query := request.URL.Query()
	if request.Method == http.MethodPost {
		if mount := query.Get("mount"); mount != "" {
			if blob, there := r.find(query.Get("from")).blobs[mount]; there {
				r.store(w, name, mount, blob)
				return
			}
		}
		r.uploadsMade++
		id = strconv.Itoa(r.uploadsMade)
	} else if _, begun := r.uploads[id]; !begun {
		refuse(w, http.StatusNotFound, "BLOB_UPLOAD_UNKNOWN", "no such upload")
		return
	}
	r.uploads[id] = append(r.uploads[id], body...)
	if digest := query.Get("digest"); digest != "" && request.Method != http.MethodPatch {
		r.store(w, name, digest, r.uploads[id])
		delete(r.uploads, id)
		return
	}
	w.Header().Set("Location", "/v2/"+name+"/blobs/uploads/"+id)
	w.Header().Set("Range", fmt.Sprintf("0-%d", max(0, len(r.uploads[id])-1)))
	w.WriteHeader(http.StatusAccepted)
}

func (r *registry) store(w http.ResponseWriter, name, digest string, content []byte) {
	if !matches(digest, content) {
		refuse(w, http.StatusBadRequest, "DIGEST_INVALID", "the content has another digest")
		return
	}
	r.make(name).blobs[digest] = content
	w.Header().Set("Location", "/v2/"+name+"/blobs/"+digest)
	w.Header().Set("Docker-Content-Digest", digest)
	w.WriteHeader(http.StatusCreated)
}

func (r *registry) serveBlob(w http.ResponseWriter, request *http.Request, name, digest string) {
	blob, there := r.find(name).blobs[digest]
	if !there {
		refuse(w, http.StatusNotFound, "BLOB_UNKNOWN", "no such blob")
		return
	}
	if request.Method == http.MethodDelete {
		delete(r.find(name).blobs, digest)
		w.WriteHeader(http.StatusAccepted)
		return
	}
	send(w, request, "application/octet-stream", digest, blob)
}

// send answers conditional and range requests too.
func send(w http.ResponseWriter, request *http.Request, mediaType, digest string, content []byte) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Docker-Content-Digest", digest)
	w.Header().Set("ETag", `"`+digest+`"`)
	http.ServeContent(w, request, "", time.Time{}, bytes.NewReader(content))
}

func (r *registry) serveManifest(w http.ResponseWriter, request *http.Request, name, reference string) {
	if request.Method == http.MethodPut {
		r.putManifest(w, request, name, reference)
		return
	}
	repository := r.find(name)
	digest := reference
	if !isDigest(reference) {
		digest = repository.tags[reference]
	}
	found, there := repository.manifests[digest]
	if !there {
		refuse(w, http.StatusNotFound, "MANIFEST_UNKNOWN", "no such manifest")
		return
	}
	if request.Method == http.MethodDelete {
		for tag, target := range repository.tags {
			if tag == reference || (isDigest(reference) && target == digest) {
				delete(repository.tags, tag)
			}
		}
		if isDigest(reference) {
			delete(repository.manifests, digest)
		}
		w.WriteHeader(http.StatusAccepted)
		return
	}
	send(w, request, found.mediaType, digest, found.content)
}

func (r *registry) putManifest(w http.ResponseWriter, request *http.Request, name, reference string) {
	content, err := io.ReadAll(io.LimitReader(request.Body, maxManifest+1))
	var parsed manifest
	if err != nil || len(content) > maxManifest || json.Unmarshal(content, &parsed) != nil {
		refuse(w, http.StatusBadRequest, "MANIFEST_INVALID", "not a manifest of at most 4 MiB")
		return
	}
	digest := digestOf("sha256", content)
	repository := r.make(name)
	if !isDigest(reference) {
		repository.tags[reference] = digest
	} else if digest = reference; !matches(digest, content) {
		refuse(w, http.StatusBadRequest, "DIGEST_INVALID", "the content has another digest")
		return
	}
	repository.manifests[digest] = stored{request.Header.Get("Content-Type"), content}
	if parsed.Subject != nil {
		w.Header().Set("OCI-Subject", parsed.Subject.Digest)
	}
	w.Header().Set("Location", "/v2/"+name+"/manifests/"+digest)
	w.Header().Set("Docker-Content-Digest", digest)
	w.WriteHeader(http.StatusCreated)
}

func (r *registry) serveTags(w http.ResponseWriter, request *http.Request, name, _ string) {
	repository, there := r.repositories[name]
	if !there {
		refuse(w, http.StatusNotFound, "NAME_UNKNOWN", "no such repository")
		return
	}
	tags := make([]string, 0, len(repository.tags))
	for tag := range repository.tags {
		tags = append(tags, tag)
	}
	tags = r.page(w, request, tags)
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"name": name, "tags": tags})
}

// page sorts, cuts to what follows `last`, and announces the next page where there is one.
func (r *registry) page(w http.ResponseWriter, request *http.Request, names []string) []string {
	sort.Strings(names)
	query := request.URL.Query()
	from := sort.SearchStrings(names, query.Get("last"))
	if from < len(names) && names[from] == query.Get("last") {
		from++
	}
	names = names[from:]
	size := r.pageSize
	if n, err := strconv.Atoi(query.Get("n")); err == nil && n > 0 {
		size = min(n, size)
	}
	if len(names) > size {
		names = names[:size]
		query.Set("last", names[size-1])
		next := url.URL{Path: request.URL.Path, RawQuery: query.Encode()}
		w.Header().Set("Link", "<"+next.String()+`>; rel="next"`)
	}
	return names
}

func (r *registry) serveReferrers(w http.ResponseWriter, request *http.Request, name, subject string) {
	wanted := request.URL.Query().Get("artifactType")
	found := map[string]descriptor{}
	for digest, candidate := range r.find(name).manifests {
		var parsed manifest
		if json.Unmarshal(candidate.content, &parsed) != nil || parsed.Subject == nil || parsed.Subject.Digest != subject {
			continue
		}
		kind := parsed.ArtifactType
		if kind == "" && parsed.Config != nil {
			kind = parsed.Config.MediaType
		}
		if wanted == "" || wanted == kind {
			found[digest] = descriptor{MediaType: candidate.mediaType, Digest: digest, Size: len(candidate.content),
				ArtifactType: kind, Annotations: parsed.Annotations}
		}
	}
	digests := make([]string, 0, len(found))
	for digest := range found {
		digests = append(digests, digest)
	}
	list := []descriptor{}
	for _, digest := range r.page(w, request, digests) {
		list = append(list, found[digest])
	}
	if wanted != "" {
		w.Header().Set("OCI-Filters-Applied", "artifactType")
	}
	w.Header().Set("Content-Type", mediaTypeIndex)
	json.NewEncoder(w).Encode(map[string]any{"schemaVersion": 2, "mediaType": mediaTypeIndex, "manifests": list})
}
