# Needs the gem oauth2
require "oauth2"

provider, service = ARGV.fetch(0), ENV.fetch("GATEPASS_SERVICE_URL")
key = File.read(ENV.fetch("GATEPASS_SERVICE_KEY_FILE")).strip
client = OAuth2::Client.new("gatepass", key, site: service, token_url: "/#{provider}/sandbox/token")
token = client.client_credentials.get_token
response = token.get(ENV.fetch("API_URL"))
puts "#{provider}: #{response.status}"
