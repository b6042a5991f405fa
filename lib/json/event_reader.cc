// The reader behind ParseEvents: one pass over the bytes, strict RFC 8259, no recursion. What its handler does not want
// is checked to be JSON and nothing more is done with it; that is most of what a Kubernetes object is.
#include <charconv>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/printable.h"
#include "json/json.h"
#include "text_checks.h"
#include "text_words.h"

namespace plimsoll::json {
namespace {

std::optional<unsigned> HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

void AppendUtf8(std::uint32_t code, std::string& out) {
  const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xc0 | (code >> 6));
    add(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    add(0xe0 | (code >> 12));
    add(0x80 | ((code >> 6) & 0x3f));
    add(0x80 | (code & 0x3f));
  } else {
    add(0xf0 | (code >> 18));
    add(0x80 | ((code >> 12) & 0x3f));
    add(0x80 | ((code >> 6) & 0x3f));
    add(0x80 | (code & 0x3f));
  }
}

class EventReader {
 public:
  EventReader(std::string_view text, const Limits& limits, Handler& handler)
      : begin_(text.data()),
        at_(begin_),
        end_(begin_ + text.size()),
        limits_(limits),
        handler_(handler) {}

  Status Read() {
    if (Document()) return {};
    if (!limit_.empty()) return Fail(kLimitExceeded, limit_);
    if (stopped_) {
      return Fail(kLimitExceeded,
                  "JSON that its reader stopped at byte " + std::to_string(at_ - begin_));
    }
    return Fail(kMalformed, "not JSON: expected " + std::string(expected_) + " (byte " +
                                std::to_string(at_ - begin_) + " of " +
                                std::to_string(end_ - begin_) + ")");
  }

 private:
  bool Document() {
    if (!Value()) return false;
    while (!open_.empty()) {
      if (skipping()) SkipPlain();
      if (!open_.empty() && !Next()) return false;
    }
    SkipSpace();
    return at_ == end_ || Wrong("nothing after the value");
  }

  bool Wrong(const char* expected) {
    expected_ = expected;
    return false;
  }
  bool Told(bool goes_on) {
    stopped_ = !goes_on;
    return goes_on;
  }
  bool Count() { return ++values_ <= limits_.max_values || TooMany(); }
  bool TooMany() {
    limit_ = "JSON with more than " + std::to_string(limits_.max_values) + " values";
    return false;
  }
  bool skipping() const { return skipped_from_ != 0; }

  void SkipSpace() {
    if (at_ != end_ && *at_ > ' ') return;  // nearly always: what API servers send has no space
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  // In an open container: its end, or what comes next in it.
  bool Next() {
    SkipSpace();
    if (at_ == end_) return Wrong("more: the text ends too early");
    const bool object = open_.back() == '{';
    if (*at_ == (object ? '}' : ']')) return Close(object);
    if (!fresh_) {
      if (*at_ != ',') return Wrong(object ? "a comma or }" : "a comma or ]");
      ++at_;
      SkipSpace();
    }
    fresh_ = false;
    return (!object || Name()) && Value();
  }

  bool Name() {
    if (at_ == end_ || *at_ != '"') return Wrong("a member's name");
    if (!Count()) return false;
    std::string_view name;
    if (!Text(!skipping(), name)) return false;
    if (!skipping() && !Told(handler_.Key(name))) return false;
    SkipSpace();
    if (at_ == end_ || *at_ != ':') return Wrong("a colon");
    ++at_;
    return true;
  }

  bool Value() {
    SkipSpace();
    if (at_ == end_) return Wrong("a value");
    if (*at_ == '{' || *at_ == '[') return Open();
    if (!Count()) return false;
    const bool told = !skipping() && handler_.Wants();
    if (!told && !skipping()) handler_.Skipped();
    switch (*at_) {
      case '"': {
        std::string_view value;
        return Text(told, value) && (!told || Told(handler_.String(value)));
      }
      case 't':
        return Word("true") && (!told || Told(handler_.Bool(true)));
      case 'f':
        return Word("false") && (!told || Told(handler_.Bool(false)));
      case 'n':
        return Word("null") && (!told || Told(handler_.Null()));
      default:
        return Number(told);
    }
  }

  bool Word(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) < word.size() ||
        std::string_view(at_, word.size()) != word) {
      return Wrong("a value");
    }
    at_ += word.size();
    return true;
  }

  bool Open() {
    const bool object = *at_ == '{';
    if (open_.size() == limits_.max_depth) {
      limit_ = "JSON nested deeper than " + std::to_string(limits_.max_depth);
      return false;
    }
    if (!Count()) return false;
    open_.push_back(*at_++);
    fresh_ = true;
    if (skipping()) return true;
    if (!handler_.Wants()) {
      handler_.Skipped();
      skipped_from_ = open_.size();
      return true;
    }
    return Told(object ? handler_.StartObject() : handler_.StartArray());
  }

  // What API servers send is compact: no space, few escapes. As far as that goes, what nobody wants is passed with
  // nothing but local variables; all else, what is wrong and what meets a limit is left to Next, at the same place.
  void SkipPlain() {
    const char* at = at_;
    std::size_t values = values_;
    bool fresh = fresh_;
    bool object = open_.back() == '{';
    while (at != end_) {
      if (*at == (object ? '}' : ']')) {
        ++at;
        fresh = false;
        const bool whole = open_.size() == skipped_from_;
        open_.pop_back();
        if (whole) {
          skipped_from_ = 0;
          break;
        }
        object = open_.back() == '{';
        continue;
      }
      // Moves on with a whole member or element, or the opening of one, only.
      const char* next = at;
      if (!fresh && *next++ != ',') break;
      if (object && !PassPlainName(next)) break;
      const std::size_t counted = values + (object ? 2 : 1);
      if (next == end_ || counted > limits_.max_values) break;
      const bool opens = *next == '{' || *next == '[';
      if (opens) {
        if (open_.size() == limits_.max_depth) break;
        object = *next == '{';
        open_.push_back(*next++);
      } else if (!PassPlainText(next)) {
        break;
      }
      at = next;
      values = counted;
      fresh = opens;
    }
    at_ = at;
    values_ = values;
    fresh_ = fresh;
  }
  bool PassPlainText(const char*& at) const {
    if (at == end_ || *at != '"') return false;
    at = internal::EndOfPlainText(at + 1, end_);
    return at != end_ && *at++ == '"';
  }
  bool PassPlainName(const char*& at) const {
    return PassPlainText(at) && at != end_ && *at++ == ':';
  }

  bool Close(bool object) {
    ++at_;
    fresh_ = false;
    const std::size_t depth = open_.size();
    open_.pop_back();
    if (skipping()) {
      if (skipped_from_ == depth) skipped_from_ = 0;
      return true;
    }
    return Told(object ? handler_.EndObject() : handler_.EndArray());
  }

  // A string, from its quotation mark on. `value` is a view of the text, or of scratch_ when it has escapes.
  bool Text(bool wanted, std::string_view& value) {
    const char* const first = ++at_;
    at_ = internal::EndOfPlainText(at_, end_);
    if (at_ != end_ && *at_ == '"') {
      value = {first, static_cast<std::size_t>(at_++ - first)};
      return true;
    }
    return TextWithEscapes(first, wanted, value);
  }
  bool TextWithEscapes(const char* piece, bool wanted, std::string_view& value) {
    scratch_.clear();
    for (;;) {
      if (wanted) scratch_.append(piece, at_);
      if (at_ == end_) return Wrong("the end of a string");
      if (*at_ == '"') break;
      if (*at_ != '\\') return Wrong("no control character in a string");
      if (!Escape()) return false;
      piece = at_;
      at_ = internal::EndOfPlainText(at_, end_);
    }
    ++at_;
    value = scratch_;
    return true;
  }

  bool Escape() {
    static constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    if (++at_ == end_) return Wrong("an escape");
    if (*at_ == 'u') return UnicodeEscape();
    const std::size_t which = kNames.find(*at_);
    if (which == std::string_view::npos) return Wrong("an escape");
    scratch_ += kMeanings[which];
    ++at_;
    return true;
  }

  // RFC 8259 section 7. A surrogate without its other half is no character.
  bool UnicodeEscape() {
    std::uint32_t code = 0;
    if (!FourHexDigits(code)) return false;
    if (code >= 0xdc00 && code <= 0xdfff) return Wrong("the first half of a surrogate pair");
    if (code >= 0xd800 && code <= 0xdbff) {
      std::uint32_t low = 0;
      if (end_ - at_ < 2 || *at_ != '\\' || at_[1] != 'u') {
        return Wrong("the second half of a surrogate pair");
      }
      ++at_;
      if (!FourHexDigits(low)) return false;
      if (low < 0xdc00 || low > 0xdfff) return Wrong("the second half of a surrogate pair");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    AppendUtf8(code, scratch_);
    return true;
  }
  bool FourHexDigits(std::uint32_t& code) {  // from the u on
    ++at_;
    for (int i = 0; i < 4; ++i, ++at_) {
      const auto digit = at_ == end_ ? std::nullopt : HexDigit(*at_);
      if (!digit) return Wrong("four hexadecimal digits");
      code = code * 16 + *digit;
    }
    return true;
  }

  bool Digits() {
    const char* const first = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != first || Wrong("a digit");
  }

  // RFC 8259 section 6; a number beyond what a double holds is refused wherever it stands.
  bool Number(bool told) {
    const char* const first = at_;
    if (*at_ == '-') ++at_;
    if (at_ == end_ || *at_ < '0' || *at_ > '9') return Wrong("a value");
    if (*at_ == '0') {
      ++at_;
    } else if (!Digits()) {
      return false;
    }
    bool whole = true;
    if (at_ != end_ && *at_ == '.') {
      whole = false;
      ++at_;
      if (!Digits()) return false;
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      whole = false;
      ++at_;
      if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      if (!Digits()) return false;
    }
    // Eighteen digits fit into any kind of number.
    if (!told && whole && at_ - first <= 18) return true;
    return Convert(first, whole, told);
  }

  bool Convert(const char* first, bool whole, bool told) {
    if (whole) {
      std::int64_t integer = 0;
      if (std::from_chars(first, at_, integer).ec == std::errc()) {
        return !told || Told(handler_.Int(integer));
      }
    }
    double value = 0;
    const auto [end, error] = std::from_chars(first, at_, value);
    // What is too small for a double is zero; what is too large is refused.
    if (error == std::errc::result_out_of_range && !IsTiny({first, at_})) {
      return Wrong("a number that a double can hold");
    }
    return !told || Told(handler_.Double(error == std::errc() ? value : 0));
  }
  // Of a number out of range: whether it is too small, not too large.
  static bool IsTiny(std::string_view number) {
    const std::size_t exponent = number.find_first_of("eE");
    if (exponent == std::string_view::npos)
      return number.find_first_of("123456789") > number.find('.');
    return number.find('-', exponent) != std::string_view::npos;
  }

  const char* const begin_;
  const char* at_;
  const char* const end_;
  const Limits& limits_;
  Handler& handler_;
  std::string open_;    // the brackets that wait for their end
  bool fresh_ = false;  // nothing has been read of the innermost one
  std::size_t skipped_from_ =
      0;  // the depth at which something unwanted was opened; 0: what is read is told
  std::size_t values_ = 0;
  std::string scratch_;
  const char* expected_ = "";
  std::string limit_;
  bool stopped_ = false;
};

}  // namespace

Status ParseEvents(std::string_view text, const Limits& limits, Handler& handler) {
  PLIMSOLL_TRY(internal::CheckText(text, limits));
  if (!internal::IsAscii(text) && !IsUtf8(text)) return Fail(kMalformed, "JSON that is not UTF-8");
  return EventReader(text, limits, handler).Read();
}

}  // namespace plimsoll::json
