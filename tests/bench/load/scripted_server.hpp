// A server of the tests' own on loopback, plain or TLS, that says to each request what a script
// says: any bytes, in any pieces, and then it stays, closes or resets.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bench/load/destination.hpp"

namespace lanewise::bench {

struct asked {
    int connection;    ///< from 0, in the order of their coming
    int request;       ///< from 0 on each connection
    std::string head;  ///< with the empty line
    std::string body;  ///< as long as Content-Length says
    bool resumed;      ///< by a TLS session of an earlier connection
    std::string name;  ///< that the client asked for by TLS; empty: none
};

struct answer {
    enum class end : std::uint8_t { stay, close, close_without_alert, reset };
    std::vector<std::string> pieces;
    end then = end::stay;
    std::chrono::milliseconds after{0};
};

/// Certificates made for one test, in a folder that goes with it.
class test_certificates {
public:
    /// For these names and addresses: "DNS:localhost,IP:127.0.0.1"; `days` until it ends, below 0:
    /// it has ended.
    explicit test_certificates(const std::string& names = "DNS:localhost,IP:127.0.0.1",
                               int days = 2);
    ~test_certificates();
    test_certificates(const test_certificates&) = delete;
    test_certificates& operator=(const test_certificates&) = delete;

    [[nodiscard]] std::string file() const { return (folder_ / "certificate.pem").string(); }
    [[nodiscard]] std::string key() const { return (folder_ / "key.pem").string(); }
    [[nodiscard]] std::filesystem::path folder() const { return folder_; }

private:
    std::filesystem::path folder_;
};

class scripted_server {
public:
    using script = std::function<answer(const asked&)>;

    explicit scripted_server(script says, const test_certificates* certificates = nullptr);
    /// The same answer to all.
    explicit scripted_server(std::string reply);
    ~scripted_server();
    scripted_server(const scripted_server&) = delete;
    scripted_server& operator=(const scripted_server&) = delete;

    [[nodiscard]] std::string url(const std::string& path = "/") const;
    [[nodiscard]] load_destination destination(const tls_options& options = {}) const;
    [[nodiscard]] boost::asio::ip::tcp::endpoint where() const;

    std::atomic<int> requests = 0;
    std::atomic<int> connections = 0;
    std::atomic<int> resets = 0;  ///< connections that the client ended by a reset

private:
    using tcp = boost::asio::ip::tcp;
    void accept();
    template <class Stream>
    void serve(Stream& stream, tcp::socket& socket, int number);

    script says_;
    boost::asio::io_context io_;
    boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
    bool protected_;
    tcp::acceptor acceptor_;
    std::mutex guard_;
    std::vector<std::shared_ptr<tcp::socket>> sockets_;
    std::vector<std::jthread> sessions_;
    std::atomic<bool> over_ = false;
    std::jthread accepting_;
};

}  // namespace lanewise::bench
