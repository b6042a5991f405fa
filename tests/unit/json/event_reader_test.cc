// The event reader against the document's: what one refuses the other refuses, and both say the same of the rest.
#include <gtest/gtest.h>

#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "json/json.h"

namespace plimsoll::json {
namespace {

constexpr Limits kLimits{1u << 20, 12, 2'000, false};

// To six digits: RapidJSON's last one is not exact.
std::string Text(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

// What was told, as one text. Wants nothing that lies under a member named like one of `unwanted`.
class Recorder final : public Handler {
 public:
  explicit Recorder(std::string unwanted = "") : unwanted_(std::move(unwanted)) {}

  bool Wants() const override { return unwanted_.empty() || key_ != unwanted_; }
  void Skipped() override { Tell("skipped"); }
  bool Null() override { return Tell("null"); }
  bool Bool(bool value) override { return Tell(value ? "true" : "false"); }
  bool Int(std::int64_t value) override { return Tell("i" + std::to_string(value)); }
  bool Double(double value) override { return Tell("d" + Text(value)); }
  bool String(std::string_view value) override { return Tell("s" + std::string(value)); }
  bool Key(std::string_view name) override {
    told_ += "k" + std::string(name) + "\n";
    key_ = name;
    return true;
  }
  bool StartObject() override { return Tell("{"); }
  bool EndObject() override { return Tell("}"); }
  bool StartArray() override { return Tell("["); }
  bool EndArray() override { return Tell("]"); }

  const std::string& told() const { return told_; }

 private:
  bool Tell(const std::string& what) {
    told_ += what + "\n";
    key_.clear();
    return true;
  }
  std::string unwanted_;
  std::string key_;
  std::string told_;
};

void Tell(const Value& value, std::string& out) {
  switch (value.kind()) {
    case Kind::kObject:
      out += "{\n";
      for (Value child = value.first(); !child.missing(); child = child.next()) {
        out += "k" + std::string(child.name()) + "\n";
        Tell(child, out);
      }
      out += "}\n";
      return;
    case Kind::kArray:
      out += "[\n";
      for (Value child = value.first(); !child.missing(); child = child.next()) Tell(child, out);
      out += "]\n";
      return;
    case Kind::kString:
      out += "s" + std::string(*value.String()) + "\n";
      return;
    case Kind::kBool:
      out += *value.Bool() ? "true\n" : "false\n";
      return;
    case Kind::kInteger:
      if (const auto integer = value.Int64()) {
        out += "i" + std::to_string(*integer) + "\n";
        return;
      }
      out += "d" + Text(static_cast<double>(*value.Uint64())) + "\n";
      return;
    case Kind::kDouble:
      out += "d" + Text(*value.Double()) + "\n";
      return;
    default:
      out += "null\n";
  }
}

// Where a number is too large for a double the two do not agree to the digit.
bool IsAboutANumbersSize(const Error& error) {
  return error.message.find("too big") != std::string::npos ||
         error.message.find("double can hold") != std::string::npos;
}

// Counts the texts that both took.
int Compare(const std::string& text) {
  const auto document = Document::Parse(text, kLimits);
  Recorder recorder;
  const Status events = ParseEvents(text, kLimits, recorder);
  Recorder skipping("s");
  const Status skipped = ParseEvents(text, kLimits, skipping);
  EXPECT_EQ(events.has_value(), skipped.has_value()) << text;
  if (!events && !skipped) {
    EXPECT_EQ(events.error().code, skipped.error().code) << text;
  }
  if (!document && IsAboutANumbersSize(document.error())) return 0;
  if (!events && IsAboutANumbersSize(events.error())) return 0;
  EXPECT_EQ(document.has_value(), events.has_value())
      << text << "\n"
      << (document ? events.error().message : document.error().message);
  if (!document || !events) return 0;
  std::string told;
  Tell(document->root(), told);
  EXPECT_EQ(recorder.told(), told) << text;
  return 1;
}

TEST(EventReader, SaysWhatTheDocumentHolds) {
  for (
      const char* text :
      {"{}", "[]", " [ ] ", "null", "-0", "0.5e-7", "1E+2", R"("")",
       R"("\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t")",
       R"({"a":{"b":[{"c":[[],{}]},1,-2,3.5,true,false,null,"x"]},"s":{"t":["\\\"",{"u":1e3}]},"v":18446744073709551615})",
       "\t{\r\n\"k\" : [ 1 , 2 ] } \n",
       "\"caf\xc3\xa9 \xf0\x9f\x98\x80 and more than eight bytes\""}) {
    EXPECT_EQ(Compare(text), 1) << text;
  }
}

TEST(EventReader, RefusesWhatIsNotJson) {
  const std::string nul("[\0]", 3);
  for (const std::string& text : std::vector<std::string>{"",
                                                          " ",
                                                          "{",
                                                          "[",
                                                          "]",
                                                          "}",
                                                          "{]",
                                                          "[}",
                                                          "[1,]",
                                                          "[,1]",
                                                          "[1 2]",
                                                          "{\"a\"}",
                                                          "{\"a\":}",
                                                          "{\"a\":1,}",
                                                          "{\"a\" 1}",
                                                          "{a:1}",
                                                          "{1:1}",
                                                          "{\"a\":1 \"b\":2}",
                                                          "01",
                                                          "-",
                                                          "-a",
                                                          "1.",
                                                          ".5",
                                                          "1e",
                                                          "1e+",
                                                          "+1",
                                                          "0x1",
                                                          "tru",
                                                          "truth",
                                                          "nul",
                                                          "None",
                                                          "NaN",
                                                          "Infinity",
                                                          "'a'",
                                                          "\"",
                                                          "\"a",
                                                          "\"\\",
                                                          "\"\\x\"",
                                                          "\"\\u12\"",
                                                          "\"\\u12g4\"",
                                                          "\"\\ud800\"",
                                                          "\"\\ud800\\n\"",
                                                          "\"\\ud800\\ud800\"",
                                                          "\"\\udc00\"",
                                                          "\"a\nb\"",
                                                          "\"a\x1f eight and more\"",
                                                          "\"\xff\"",
                                                          "\"\xc0\xaf\"",
                                                          "\"\xed\xa0\x80\"",
                                                          "[1] 2",
                                                          "[1],",
                                                          "{} {}",
                                                          "\xef\xbb\xbf{}",
                                                          "// a\n1",
                                                          "1e999",
                                                          nul}) {
    EXPECT_EQ(Compare(text), 0) << text;
    Recorder recorder;
    EXPECT_FALSE(ParseEvents(text, kLimits, recorder)) << text;
  }
}

TEST(EventReader, HoldsItsLimitsAlsoInWhatIsSkipped) {
  for (const char* name : {"\"w\"", "\"s\""}) {
    const auto code = [&](const std::string& value) {
      Recorder recorder("s");
      const Status read =
          ParseEvents("{" + std::string(name) + ":" + value + "}", kLimits, recorder);
      return read ? Reason{} : read.error().code;
    };
    EXPECT_EQ(code(std::string(11, '[') + std::string(11, ']')), Reason{});
    EXPECT_EQ(code(std::string(12, '[') + std::string(12, ']')), kLimitExceeded);
    // A member counts twice: its name is one of the values.
    for (const auto& [first, more, count] : {std::tuple("[0", ",0", 1'996),
                                             {"[\"x\"", ",\"x\"", 1'996},
                                             {"{\"x\":\"y\"", ",\"x\":\"y\"", 997}}) {
      std::string many = first;
      for (int i = 0; i < count; ++i) many += more;
      const std::string end(1, *first == '[' ? ']' : '}');
      EXPECT_EQ(code(many + end), Reason{}) << first;
      EXPECT_EQ(code(many + more + end), kLimitExceeded) << first;
    }
    EXPECT_EQ(code("\"" + std::string(1u << 20, 'a') + "\""), kLimitExceeded);
  }
}

TEST(EventReader, TellsOfWhatIsNotWantedOnlyThatItIsThere) {
  Recorder recorder("s");
  ASSERT_TRUE(ParseEvents(R"({"a":1,"s":{"s":[1,{"a":2}]},"b":"x","s":"y","c":[{"s":null}]})",
                          kLimits, recorder));
  EXPECT_EQ(recorder.told(),
            "{\nka\ni1\nks\nskipped\nkb\nsx\nks\nskipped\nkc\n[\n{\nks\nskipped\n}\n]\n}\n");
}

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : engine_(seed) {}
  std::size_t Below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }

  std::string Value(int depth) {
    switch (Below(depth > 4 ? 6 : 9)) {
      case 0:
        return "null";
      case 1:
        return Below(2) == 0 ? "true" : "false";
      case 2:
        return std::to_string(static_cast<std::int64_t>(engine_()));
      case 3:
        return std::to_string(Below(1000)) + "." + std::to_string(Below(1000)) +
               (Below(2) == 0 ? "" : "e-3");
      case 4:
      case 5:
        return Text();
      case 6: {
        std::string out = "[";
        for (std::size_t i = Below(5); i > 0; --i) out += Value(depth + 1) + (i == 1 ? "" : ", ");
        return out + "]";
      }
      default: {
        std::string out = "{";
        for (std::size_t i = Below(5); i > 0; --i) {
          out += (Below(3) == 0 ? "\"s\"" : Text()) + ":" + Value(depth + 1) + (i == 1 ? "" : ",");
        }
        return out + "}";
      }
    }
  }
  // Some byte is another, gone, or there twice.
  std::string Damage(std::string text) {
    static constexpr std::string_view kBytes = "{}[]\",:\\u0deE+-.ntf \n\x01\x7f\xc3\xa9\xff";
    for (std::size_t times = 1 + Below(3); times > 0 && !text.empty(); --times) {
      const std::size_t at = Below(text.size());
      const char byte = kBytes[Below(kBytes.size())];
      switch (Below(3)) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.erase(at, 1);
          break;
        default:
          text.insert(at, 1, byte);
      }
    }
    return text;
  }

 private:
  std::string Text() {
    static const std::vector<std::string> kPieces{
        "a",    "name", "\\n", "\\u00e9", "\\ud83d\\ude00", "\xc3\xa9", "registry.example/team/app",
        "\\\\", "\\\"", " "};
    std::string out = "\"";
    for (std::size_t i = Below(6); i > 0; --i) out += kPieces[Below(kPieces.size())];
    return out + "\"";
  }
  std::mt19937_64 engine_;
};

TEST(EventReader, AgreesWithTheDocumentOnDamagedTexts) {
  int taken = 0;
  for (std::uint64_t seed = 1; seed <= 20'000 && !HasFailure(); ++seed) {
    Maker maker(seed);
    const std::string text = maker.Value(0);
    taken += Compare(text);
    taken += Compare(maker.Damage(text));
  }
  EXPECT_GT(taken, 20'000);
  EXPECT_LT(taken, 38'000);
}

}  // namespace
}  // namespace plimsoll::json
