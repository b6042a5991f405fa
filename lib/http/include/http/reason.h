// Why an exchange with a peer did not end in a response: a closed list.
//
// None of these says anything about an image: what was not answered completely is not known. The
// one exception is left to the caller: kBodyTooLarge is only given for a 2xx answer of a media type
// that was asked for (client.h), so a caller may read it as "larger than we accept".
// Besides these: kTimeout and kInvalidArgument of base.
#pragma once

#include "base/result.h"

namespace plimsoll::http {

inline constexpr Reason kDnsFailed{"DnsFailed"};            // no address for the name
inline constexpr Reason kConnectFailed{"ConnectFailed"};    // refused, unreachable, reset
inline constexpr Reason kTlsFailed{"TlsFailed"};            // handshake or certificate
inline constexpr Reason kTransferCut{"TransferCut"};        // ended before the answer was complete
inline constexpr Reason kBodyTooLarge{"BodyTooLarge"};      // stopped while reading
inline constexpr Reason kHeaderTooLarge{"HeaderTooLarge"};  // stopped while reading
inline constexpr Reason kBadProtocol{"BadProtocol"};        // not well-formed HTTP/1.x
inline constexpr Reason kEncodingRefused{"EncodingRefused"};  // compressed, although not asked for
inline constexpr Reason kUnexpectedMediaType{
    "UnexpectedMediaType"};                                   // a 2xx answer of another type
inline constexpr Reason kRedirectRefused{"RedirectRefused"};  // too many, downgrade, other host
inline constexpr Reason kAddressRefused{"AddressRefused"};    // the address policy, address.h
inline constexpr Reason kPlainHttpRefused{
    "PlainHttpRefused"};                          // http:// to a host not configured so
inline constexpr Reason kCancelled{"Cancelled"};  // the client is shutting down

}  // namespace plimsoll::http
