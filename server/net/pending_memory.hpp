// Memory of one thread's connections for what is no body: long heads that have not come whole, and
// replies that are not read. It has a bound of its own, so that such peers never take what bodies
// need, and it never refuses a newcomer for the sake of those who only wait: whoever has waited
// longest gives way.
#pragma once

#include <boost/intrusive/list.hpp>
#include <cstddef>

#include "server/http/body_pool.hpp"

namespace lanewise::server {

class pending_memory {
public:
    /// A connection, as this memory sees it.
    class holder : public boost::intrusive::list_base_hook<
                       boost::intrusive::tag<pending_memory>,
                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    public:
        /// Gives back at once what it holds, and ends; false where it waits for nobody but us.
        virtual bool give_way() noexcept = 0;

    protected:
        ~holder() = default;
    };

    explicit pending_memory(std::size_t bytes_max)
        : pool_(bytes_max,
                "all memory for unfinished requests and unread replies is in use "
                "(--pending-bytes-max); try again soon") {
        pool_.on_shortage([this] { return make_room(); });
    }

    /// Where holders take it from. While a holder is at work (see below) the others may be told to
    /// give way.
    [[nodiscard]] body_pool& pool() { return pool_; }

    /// Keeps the holder at work from being told to give way, and then notes whether it goes on to
    /// wait with some of this memory.
    void begin_work(const holder& one) { at_work_ = &one; }
    void end_work(holder& one, bool holds_memory) {
        at_work_ = nullptr;
        if (one.is_linked() == holds_memory) return;
        if (holds_memory) {
            waiting_.push_back(one);
        } else {
            one.unlink();
        }
    }

private:
    bool make_room() {
        for (auto at = waiting_.begin(); at != waiting_.end();) {
            auto& one = *at++;  // which may end with this
            if (&one != at_work_ && one.give_way()) return true;
        }
        return false;
    }

    body_pool pool_;
    boost::intrusive::list<holder,
                           boost::intrusive::base_hook<boost::intrusive::list_base_hook<
                               boost::intrusive::tag<pending_memory>,
                               boost::intrusive::link_mode<boost::intrusive::auto_unlink>>>,
                           boost::intrusive::constant_time_size<false>>
        waiting_;  // the longest first
    const holder* at_work_ = nullptr;
};

}  // namespace lanewise::server
