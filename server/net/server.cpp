#include "server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <stdexcept>

#include "listening.hpp"
#include "shard.hpp"
#include "tls_identity.hpp"

namespace lanewise::server {
namespace {

// Of the port of the metrics: a few scrapers and probes, and as many that were forgotten.
constexpr std::uint64_t operations_connections_max = 64;

// SO_REUSEPORT would let us share a port with another server of this user: one bind without it
// tells. Where port 0 was asked, the port that the first address gets is the others' too.
void settle_ports(std::vector<listening_place>& places, const std::string& setting,
                  std::vector<held_port>& held) {
    std::uint16_t port = 0;
    for (auto& place : places) {
        if (port != 0) place.where.port(port);
        try {
            if (place.where.port() == 0) {
                held.emplace_back(place);
            } else {
                ::close(open_listener(place, false));
            }
        } catch (const boost::system::system_error& error) {
            throw std::runtime_error("can't listen on " + place.where.address().to_string() +
                                     " port " + std::to_string(place.where.port()) + " (" +
                                     setting + "): " + error.code().message());
        }
        port = place.where.port();
    }
}

}  // namespace

http_server::http_server(app& shared)
    : shared_(shared),
      connections_{shared.settings.connections_max,
                   "there are as many connections as there may be (--connections-max)"},
      operations_connections_{operations_connections_max,
                              "there are as many connections as this port takes"} {
    const auto& settings = shared.settings;
    auto places = listening_places(settings, settings.port);
    const auto shown =
        shared.settings.metrics_port == 0 ? exposure::all : exposure::without_metrics;
    std::vector<held_port> held;
    settle_ports(places, settings.source_of("port"), held);
    port_ = places.front().where.port();
    addresses_ = server::shown(places);
    if (!settings.tls_cert.empty()) {
        identity_ = std::make_unique<tls_identity>(settings.tls_cert, settings.tls_key,
                                                   settings.source_of("tls-cert"),
                                                   settings.source_of("tls-key"));
        shared.certificate_expires_seconds = identity_->expires_seconds();
        auto secured = listening_places(settings, settings.tls_port);
        settle_ports(secured, settings.source_of("tls-port"), held);
        tls_port_ = secured.front().where.port();
        for (auto& one : secured) {
            one.tls = identity_.get();
            places.push_back(one);
        }
    }
    for (std::uint64_t i = 0; i < shared.settings.threads; ++i) {
        shards_.push_back(
            std::make_unique<shard>(shared, places, connections_, *shared.metrics[i], shown));
    }
    if (shared.settings.metrics_port != 0) {
        // A thread and places of its own: scrapes and probes are answered while all others are busy
        // or taken.
        places = listening_places(settings, settings.metrics_port);
        settle_ports(places, settings.source_of("metrics-port"), held);
        shards_.push_back(std::make_unique<shard>(shared, places, operations_connections_,
                                                  *shared.metrics.back(), exposure::operations));
    }
}

http_server::~http_server() {
    for (const auto& one : shards_) one->cut_off();
    for (auto& thread : threads_) thread.join();
    shared_.compute.stop();  // its jobs hold sessions, which end before their shards
}

void http_server::start() {
    running_ = shards_.size();
    for (const auto& one : shards_) {
        threads_.emplace_back([this, &home = *one] {
            home.run();
            const std::lock_guard lock(mutex_);
            --running_;
            ended_.notify_all();
        });
    }
    shared_.ready = true;
}

void http_server::refresh_identity() {
    if (!identity_) return;
    const auto seen = identity_->refresh();
    if (seen.what == tls_identity::change::taken) {
        shared_.certificate_expires_seconds = identity_->expires_seconds();
        shared_.log.info("tls", "read again: certificate and key have changed");
    } else if (seen.what == tls_identity::change::refused) {
        shared_.log.error("tls", "the certificate before stays in use: " + seen.why);
    }
}

void http_server::drain(std::chrono::milliseconds idle_time) {
    end_connections();
    for (const auto& one : shards_) one->drain(idle_time);
}

bool http_server::wait_drained(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return ended_.wait_for(lock, time, [this] { return running_ == 0; });
}

}  // namespace lanewise::server
