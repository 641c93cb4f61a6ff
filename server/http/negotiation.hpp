// Which of the media types on offer a client wants (RFC 9110, 12.5.1).
#pragma once

#include <span>
#include <string_view>

namespace lanewise::server {

/// Index of the offer that an Accept field's text rates highest, the earlier one where two are
/// equal; -1 if it takes none. An empty text takes all.
[[nodiscard]] int best_media_type(std::string_view accept,
                                  std::span<const std::string_view> offers);

/// How an Accept field's text rates one version of a media type, in thousandths: `named` by a range
/// of its very name whose "version" is this one or missing, `any` also by wider ranges, where none
/// names it. 0 where it is not taken.
struct version_weights {
    int named = 0, any = 0;
};
[[nodiscard]] version_weights weights_of(std::string_view accept, std::string_view type,
                                         std::string_view version);

/// Whether an Accept-Encoding field's text takes this coding (RFC 9110, 12.5.3): only where it says
/// so.
[[nodiscard]] bool accepts_coding(std::string_view accept_encoding, std::string_view coding);

/// Whether a list of entity tags names this one: If-None-Match compares weakly (RFC 9110, 13.1.2),
/// If-Match strongly (13.1.1). The star names every tag.
[[nodiscard]] bool names_tag(std::string_view if_none_match, std::string_view tag);
[[nodiscard]] bool names_tag_strongly(std::string_view if_match, std::string_view tag);

}  // namespace lanewise::server
