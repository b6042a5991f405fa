// Errors are values.
//
// A `Result<T>` holds a T or an `Error`. An Error carries
//  * `code`: a Reason of a closed list, CamelCase, stable: programs and tests compare it, metrics
//  label by it.
//    Each room declares its own Reasons as `inline constexpr Reason kMalformed{"Malformed"}`.
//  * `message`: for an operator: what was expected, what was seen, what to do. Text from outside in
//  it has
//    been through `Printable` (printable.h). Never a secret.
//  * `retryable`: true when the same call may succeed later without anything being changed by a
//  person.
//
// Exceptions of third-party libraries are caught where those are called and never pass a room's
// boundary.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace plimsoll {

// A reason code. Refers to a string literal, so it is as cheap as a pointer and never dangles.
class Reason {
 public:
  constexpr Reason() = default;
  template <std::size_t N>
  constexpr explicit Reason(const char (&literal)[N]) : text_(literal, N - 1) {}
  constexpr std::string_view text() const { return text_; }
  std::string str() const { return std::string(text_); }
  constexpr bool empty() const { return text_.empty(); }
  friend constexpr bool operator==(Reason a, Reason b) { return a.text_ == b.text_; }

 private:
  std::string_view text_;
};

struct [[nodiscard]] Error {
  Reason code;
  std::string message;
  bool retryable = false;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> Fail(Reason code, std::string message) {
  return tl::make_unexpected(Error{code, std::move(message), false});
}
inline tl::unexpected<Error> FailRetryable(Reason code, std::string message) {
  return tl::make_unexpected(Error{code, std::move(message), true});
}
// Hands an error on unchanged.
inline tl::unexpected<Error> Forward(Error error) { return tl::make_unexpected(std::move(error)); }

// Reasons that more than one room needs.
inline constexpr Reason kInvalidArgument{"InvalidArgument"};  // the caller or the user is wrong
inline constexpr Reason kMalformed{"Malformed"};  // complete, and not what the format asks for
inline constexpr Reason kLimitExceeded{"LimitExceeded"};  // larger, deeper or more than we accept
inline constexpr Reason kNotFound{"NotFound"};
inline constexpr Reason kTimeout{"Timeout"};
inline constexpr Reason kUnavailable{"Unavailable"};
inline constexpr Reason kInternal{"Internal"};

}  // namespace plimsoll

#define PLIMSOLL_CONCAT_INNER(a, b) a##b
#define PLIMSOLL_CONCAT(a, b) PLIMSOLL_CONCAT_INNER(a, b)

// PLIMSOLL_TRY(expr): returns expr's error from the enclosing function, if it is one.
#define PLIMSOLL_TRY(expr)                                                          \
  do {                                                                              \
    auto plimsoll_try = (expr);                                                     \
    if (!plimsoll_try) return ::plimsoll::Forward(std::move(plimsoll_try).error()); \
  } while (false)

// PLIMSOLL_ASSIGN(auto x, expr): x is expr's value; its error is returned from the enclosing
// function.
#define PLIMSOLL_ASSIGN(declaration, expr) \
  PLIMSOLL_ASSIGN_INNER(declaration, expr, PLIMSOLL_CONCAT(plimsoll_result_, __LINE__))
#define PLIMSOLL_ASSIGN_INNER(declaration, expr, result)              \
  auto result = (expr);                                               \
  if (!result) return ::plimsoll::Forward(std::move(result).error()); \
  declaration = std::move(*result)
