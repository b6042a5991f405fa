package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

type platform struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Variant      string `json:"variant,omitempty"`
}

type list []string

func (l *list) String() string         { return strings.Join(*l, ",") }
func (l *list) Set(value string) error { *l = append(*l, value); return nil }

// operands gives the arguments that are no flags, wherever flags stand between them.
func operands(flags interface {
	Parse([]string) error
	Args() []string
}, arguments []string, want int) ([]string, error) {
	var found []string
	for len(arguments) > 0 {
		if err := flags.Parse(arguments); err != nil {
			return nil, err
		}
		if arguments = flags.Args(); len(arguments) > 0 {
			found = append(found, arguments[0])
			arguments = arguments[1:]
		}
	}
	if len(found) != want {
		return nil, fmt.Errorf("expected %d argument(s), got %d; see bedtool without arguments", want, len(found))
	}
	return found, nil
}

// layer is a file, and this program where the image is to run, compressed the same way each time: equal text gives an
// equal digest.
func layer(text string, runnable bool) ([]byte, string, error) {
	var plain bytes.Buffer
	archive := tar.NewWriter(&plain)
	archive.WriteHeader(&tar.Header{Name: "text", Mode: 0o644, Size: int64(len(text)), ModTime: time.Unix(0, 0)})
	io.WriteString(archive, text)
	if runnable {
		program, err := os.ReadFile("/proc/self/exe")
		if err != nil {
			return nil, "", err
		}
		archive.WriteHeader(&tar.Header{Name: "program", Mode: 0o755, Size: int64(len(program)), ModTime: time.Unix(0, 0)})
		archive.Write(program)
	}
	archive.Close()
	var packed bytes.Buffer
	compressor := gzip.NewWriter(&packed)
	compressor.Write(plain.Bytes())
	compressor.Close()
	return packed.Bytes(), digestOf("sha256", plain.Bytes()), nil
}

func waitCommand([]string) error {
	told := make(chan os.Signal, 1)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	<-told
	return nil
}

func (r reference) pushBlob(mediaType string, content []byte) (descriptor, error) {
	digest := digestOf("sha256", content)
	return descriptor{MediaType: mediaType, Digest: digest, Size: len(content)}, r.putBlob(digest, content)
}

func (r reference) pushImage(text string, runnable bool, on platform) (descriptor, error) {
	packed, diffID, err := layer(text, runnable)
	if err != nil {
		return descriptor{}, err
	}
	started := map[string]any{"Cmd": []string{"/text"}}
	if runnable {
		started = map[string]any{"Entrypoint": []string{"/program", "wait"}}
	}
	layerDescriptor, err := r.pushBlob("application/vnd.oci.image.layer.v1.tar+gzip", packed)
	if err != nil {
		return descriptor{}, err
	}
	config, _ := json.Marshal(map[string]any{
		"architecture": on.Architecture, "os": on.OS, "config": started,
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{diffID}},
	})
	configDescriptor, err := r.pushBlob("application/vnd.oci.image.config.v1+json", config)
	if err != nil {
		return descriptor{}, err
	}
	content, _ := json.Marshal(struct {
		SchemaVersion int `json:"schemaVersion"`
		manifest
	}{2, manifest{MediaType: mediaTypeManifest, Config: &configDescriptor, Layers: []descriptor{layerDescriptor}}})
	digest := digestOf("sha256", content)
	return descriptor{MediaType: mediaTypeManifest, Digest: digest, Size: len(content), Platform: &on},
		r.putManifest(digest, mediaTypeManifest, content)
}

func pushCommand(arguments []string) error {
	flags := newFlags("push")
	text := flags.String("text", "", "content of the image (default: the reference and the time)")
	runnable := flags.Bool("runnable", false, "the image can run: it waits")
	var platforms list
	flags.Var(&platforms, "platform", "OS/ARCH; several make an index (default linux/amd64)")
	found, err := operands(flags, arguments, 1)
	if err != nil {
		return err
	}
	target, err := parse(found[0])
	if err != nil {
		return err
	}
	if *text == "" {
		*text = found[0] + time.Now().Format(" 2006-01-02T15:04:05.000000000")
	}
	if len(platforms) == 0 {
		platforms = list{"linux/amd64"}
	}
	var children []descriptor
	for _, name := range platforms {
		os, architecture, _ := strings.Cut(name, "/")
		child, err := target.pushImage(*text+" "+name, *runnable, platform{OS: os, Architecture: architecture})
		if err != nil {
			return err
		}
		children = append(children, child)
	}
	digest := children[0].Digest
	mediaType := mediaTypeManifest
	content := []byte(nil)
	if len(children) > 1 {
		mediaType = mediaTypeIndex
		content, _ = json.Marshal(struct {
			SchemaVersion int `json:"schemaVersion"`
			manifest
		}{2, manifest{MediaType: mediaTypeIndex, Manifests: children}})
		digest = digestOf("sha256", content)
	} else if _, content, err = target.getManifest(digest); err != nil {
		return err
	}
	if err := target.putManifest(target.version, mediaType, content); err != nil {
		return err
	}
	fmt.Println(target.name() + "@" + digest)
	return nil
}

func copyCommand(arguments []string) error {
	found, err := operands(newFlags("copy"), arguments, 2)
	if err != nil {
		return err
	}
	source, err := parse(found[0])
	if err != nil {
		return err
	}
	target, err := parse(found[1])
	if err != nil {
		return err
	}
	digest, err := copyManifest(source, target, source.version, target.version)
	if err == nil {
		fmt.Println(target.name() + "@" + digest)
	}
	return err
}

// copyManifest copies children and blobs first, then the manifest itself under `as`.
func copyManifest(source, target reference, version, as string) (string, error) {
	mediaType, content, err := source.getManifest(version)
	if err != nil {
		return "", err
	}
	var parsed manifest
	if err := json.Unmarshal(content, &parsed); err != nil {
		return "", err
	}
	for _, child := range parsed.Manifests {
		if _, err := copyManifest(source, target, child.Digest, child.Digest); err != nil {
			return "", err
		}
	}
	blobs := parsed.Layers
	if parsed.Config != nil {
		blobs = append(blobs, *parsed.Config)
	}
	for _, blob := range blobs {
		content, err := source.getBlob(blob.Digest)
		if err != nil {
			return "", err
		}
		if err := target.putBlob(blob.Digest, content); err != nil {
			return "", err
		}
	}
	return digestOf("sha256", content), target.putManifest(as, mediaType, content)
}

// withReference runs a command whose first argument is a reference.
func withReference(name string, arguments []string, want int, run func(reference, []string) error) error {
	found, err := operands(newFlags(name), arguments, want)
	if err != nil {
		return err
	}
	target, err := parse(found[0])
	if err != nil {
		return err
	}
	return run(target, found[1:])
}

func tagCommand(arguments []string) error {
	return withReference("tag", arguments, 2, func(r reference, rest []string) error {
		mediaType, content, err := r.getManifest(r.version)
		if err != nil {
			return err
		}
		return r.putManifest(rest[0], mediaType, content)
	})
}

func digestCommand(arguments []string) error {
	return withReference("digest", arguments, 1, func(r reference, _ []string) error {
		_, content, err := r.getManifest(r.version)
		if err == nil {
			fmt.Println(digestOf("sha256", content))
		}
		return err
	})
}

func manifestCommand(arguments []string) error {
	return withReference("manifest", arguments, 1, func(r reference, _ []string) error {
		_, content, err := r.getManifest(r.version)
		os.Stdout.Write(content)
		return err
	})
}

func blobCommand(arguments []string) error {
	return withReference("blob", arguments, 1, func(r reference, _ []string) error {
		content, err := r.getBlob(r.version)
		os.Stdout.Write(content)
		return err
	})
}

func putCommand(arguments []string) error {
	return withReference("put", arguments, 2, func(r reference, rest []string) error {
		content, err := io.ReadAll(os.Stdin)
		if err != nil {
			return err
		}
		if err := r.putManifest(r.version, rest[0], content); err != nil {
			return err
		}
		fmt.Println(r.name() + "@" + digestOf("sha256", content))
		return nil
	})
}

func referrersCommand(arguments []string) error {
	return withReference("referrers", arguments, 1, func(r reference, _ []string) error {
		digest := r.version
		if !isDigest(digest) {
			_, content, err := r.getManifest(digest)
			if err != nil {
				return err
			}
			digest = digestOf("sha256", content)
		}
		content, err := r.getReferrers(digest)
		if err != nil {
			return err
		}
		var index manifest
		if err := json.Unmarshal(content, &index); err != nil {
			return err
		}
		for _, found := range index.Manifests {
			fmt.Println(found.Digest)
		}
		return nil
	})
}

func tagsCommand(arguments []string) error {
	return withReference("tags", arguments, 1, func(r reference, _ []string) error {
		content, err := r.get("tags/list", "application/json")
		if err != nil {
			return err
		}
		var answer struct{ Tags []string }
		if err := json.Unmarshal(content, &answer); err != nil {
			return err
		}
		for _, tag := range answer.Tags {
			fmt.Println(tag)
		}
		return nil
	})
}

func deleteCommand(arguments []string) error {
	return withReference("delete", arguments, 1, func(r reference, _ []string) error {
		digest := r.version
		if !isDigest(digest) {
			_, content, err := r.getManifest(digest)
			if err != nil {
				return err
			}
			digest = digestOf("sha256", content)
		}
		return r.deleteManifest(digest)
	})
}
