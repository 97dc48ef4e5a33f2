// Boost.Asio itself, compiled once for all (BOOST_ASIO_SEPARATE_COMPILATION). Nothing else belongs here.

#include <boost/asio/impl/src.hpp>
