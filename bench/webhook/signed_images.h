// Images of a registry in memory, each signed with one key in cosign's classic form. The registry is a process of its own,
// so that what it holds and remembers is not counted as the caller's.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace plimsoll::bench {

class SignedImages {
 public:
  struct Image {
    std::string repository, digest;
  };
  // Before the caller has any other thread. Ends the program when there can be no registry.
  explicit SignedImages(int count);
  ~SignedImages();
  SignedImages(const SignedImages&) = delete;
  SignedImages& operator=(const SignedImages&) = delete;

  const std::vector<Image>& images() const { return images_; }
  std::string host() const;
  std::string public_key() const;

 private:
  pid_t registry_ = -1;
  std::vector<Image> images_;
};

}  // namespace plimsoll::bench
