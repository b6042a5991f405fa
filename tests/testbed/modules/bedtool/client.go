package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// reference is HOST/REPOSITORY, with :TAG or @DIGEST. The client speaks plain HTTP, as the bed's registries do.
type reference struct {
	host, repository string
	version          string // tag or digest, "latest" where none is given
}

var client = &http.Client{Timeout: time.Minute}

const manifestTypes = mediaTypeManifest + "," + mediaTypeIndex +
	",application/vnd.docker.distribution.manifest.v2+json" +
	",application/vnd.docker.distribution.manifest.list.v2+json"

func parse(text string) (reference, error) {
	name, version, _ := strings.Cut(text, "@")
	if at := strings.LastIndex(name, ":"); at > strings.LastIndex(name, "/") {
		if version == "" {
			version = name[at+1:]
		}
		name = name[:at]
	}
	host, repository, ok := strings.Cut(name, "/")
	if !ok || repository == "" {
		return reference{}, fmt.Errorf("%q is not HOST/REPOSITORY[:TAG][@DIGEST]", text)
	}
	if version == "" {
		version = "latest"
	}
	return reference{host, repository, version}, nil
}

func (r reference) name() string { return r.host + "/" + r.repository }

func (r reference) url(path string) string {
	return "http://" + r.host + "/v2/" + r.repository + "/" + path
}

// do returns header and body of an answer with one of the wanted codes, and an error for any other.
func do(method, target, mediaType string, body []byte, wanted ...int) (http.Header, []byte, error) {
	request, err := http.NewRequest(method, target, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	if method == http.MethodGet {
		request.Header.Set("Accept", mediaType)
	} else if mediaType != "" {
		request.Header.Set("Content-Type", mediaType)
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, nil, err
	}
	for _, code := range wanted {
		if answer.StatusCode == code {
			return answer.Header, content, nil
		}
	}
	return nil, nil, fmt.Errorf("%s %s: %s: %s", method, target, answer.Status, strings.TrimSpace(string(content)))
}

func (r reference) get(path, accept string) ([]byte, error) {
	_, content, err := do(http.MethodGet, r.url(path), accept, nil, http.StatusOK)
	return content, err
}

func (r reference) getManifest(version string) (mediaType string, content []byte, err error) {
	header, content, err := do(http.MethodGet, r.url("manifests/"+version), manifestTypes, nil, http.StatusOK)
	return header.Get("Content-Type"), content, err
}

func (r reference) putManifest(version, mediaType string, content []byte) error {
	_, _, err := do(http.MethodPut, r.url("manifests/"+version), mediaType, content, http.StatusCreated)
	return err
}

func (r reference) deleteManifest(digest string) error {
	_, _, err := do(http.MethodDelete, r.url("manifests/"+digest), "", nil, http.StatusAccepted)
	return err
}

func (r reference) getBlob(digest string) ([]byte, error) { return r.get("blobs/"+digest, "*/*") }

func (r reference) putBlob(digest string, content []byte) error {
	if _, _, err := do(http.MethodHead, r.url("blobs/"+digest), "", nil, http.StatusOK); err == nil {
		return nil
	}
	header, _, err := do(http.MethodPost, r.url("blobs/uploads/"), "", nil, http.StatusAccepted)
	if err != nil {
		return err
	}
	location, err := url.Parse(header.Get("Location"))
	if err != nil {
		return err
	}
	query := location.Query()
	query.Set("digest", digest)
	location.RawQuery = query.Encode()
	base, _ := url.Parse("http://" + r.host)
	_, _, err = do(http.MethodPut, base.ResolveReference(location).String(), "application/octet-stream", content,
		http.StatusCreated)
	return err
}

// getReferrers gives one index: the referrers API's first page, or the fallback tag where there is no API.
func (r reference) getReferrers(digest string) ([]byte, error) {
	content, err := r.get("referrers/"+digest, mediaTypeIndex)
	if err == nil {
		return content, nil
	}
	_, content, err = r.getManifest(strings.Replace(digest, ":", "-", 1))
	return content, err
}
