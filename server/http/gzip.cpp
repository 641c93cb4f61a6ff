#include "gzip.hpp"

#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/crc.hpp>
#include <cstdint>
#include <stdexcept>

namespace lanewise::server {
namespace {

void append_little_endian(std::string& out, std::uint32_t number) {
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(number >> shift);
}

}  // namespace

std::string gzip(std::string_view data) {
    namespace zlib = boost::beast::zlib;
    // Deflate, no name, no time, compressed for size, by no particular system.
    constexpr std::string_view head("\x1f\x8b\x08\0\0\0\0\0\x02\xff", 10);
    constexpr int best = 9;
    zlib::deflate_stream stream;
    stream.reset(best, 15, 9, zlib::Strategy::normal);
    std::string out(head);
    out.resize(head.size() + stream.upper_bound(data.size()));

    zlib::z_params at;
    at.next_in = data.data();
    at.avail_in = data.size();
    at.next_out = out.data() + head.size();
    at.avail_out = out.size() - head.size();
    boost::system::error_code error;
    stream.write(at, zlib::Flush::finish, error);
    if (error != zlib::error::end_of_stream) throw std::runtime_error("gzip: " + error.message());
    out.resize(out.size() - at.avail_out);

    boost::crc_32_type sum;
    sum.process_bytes(data.data(), data.size());
    append_little_endian(out, sum.checksum());
    append_little_endian(out, static_cast<std::uint32_t>(data.size()));
    return out;
}

}  // namespace lanewise::server
