#include "damage.h"

#include "base/encoding.h"
#include "json/writer.h"

namespace plimsoll::sigstore {
namespace {

class Editor {
 public:
  Editor(std::string_view path, const std::function<std::string(std::string)>* change)
      : path_(path), change_(change) {}

  void Copy(const json::Value& value, const std::string& at) {
    if (at == path_ && change_ != nullptr) return Replace(value);
    if (value.IsObject()) {
      writer_.BeginObject();
      for (json::Value v = value.first(); !v.missing(); v = v.next()) {
        const std::string name =
            at.empty() ? std::string(v.name()) : at + "." + std::string(v.name());
        if (Drops(name)) continue;
        writer_.Key(v.name());
        Copy(v, name);
      }
      writer_.EndObject();
    } else if (value.IsArray()) {
      writer_.BeginArray();
      std::size_t index = 0;
      for (json::Value v = value.first(); !v.missing(); v = v.next(), ++index) {
        const std::string name = at + "[" + std::to_string(index) + "]";
        if (!Drops(name)) Copy(v, name);
      }
      writer_.EndArray();
    } else {
      writer_.Copy(value);
    }
  }

  std::optional<std::string> Take() && {
    std::string text = std::move(writer_).Take();
    if (!found_) return std::nullopt;
    return text;
  }

 private:
  bool Drops(const std::string& name) {
    if (change_ != nullptr || name != path_) return false;
    found_ = true;
    return true;
  }
  void Replace(const json::Value& value) {
    found_ = true;
    if (value.IsString()) {
      writer_.String((*change_)(std::string(value.StringOrEmpty())));
    } else if (const auto number = value.Int64()) {
      writer_.Int(std::stoll((*change_)(std::to_string(*number))));
    } else {
      found_ = false;
      writer_.Copy(value);
    }
  }

  std::string path_;
  const std::function<std::string(std::string)>* change_;
  json::Writer writer_;
  bool found_ = false;
};

std::optional<std::string> Edit(std::string_view text, std::string_view path,
                                const std::function<std::string(std::string)>* change) {
  const auto document = json::Document::Parse(text);
  if (!document) return std::nullopt;
  Editor editor(path, change);
  editor.Copy(document->root(), "");
  return std::move(editor).Take();
}

}  // namespace

std::optional<std::string> EditJson(std::string_view text, std::string_view path,
                                    const std::function<std::string(std::string)>& change) {
  return Edit(text, path, &change);
}

std::optional<std::string> DropFromJson(std::string_view text, std::string_view path) {
  return Edit(text, path, nullptr);
}

Bytes FlipBit(Bytes bytes) {
  if (!bytes.empty()) bytes[bytes.size() / 2] ^= 0x04;
  return bytes;
}

std::string FlipBase64(const std::string& text) {
  const auto bytes = Base64DecodeEither(text);
  return bytes ? Base64Encode(FlipBit(*bytes)) : text;
}

std::string FlipHex(const std::string& text) {
  const auto bytes = HexDecode(text);
  return bytes ? HexEncode(FlipBit(*bytes)) : text;
}

std::string AddTo(const std::string& decimal, std::int64_t delta) {
  return std::to_string(std::stoll(decimal) + delta);
}

}  // namespace plimsoll::sigstore
