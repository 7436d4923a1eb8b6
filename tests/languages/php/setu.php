<?php // Needs ./setu, made by: openapi-generator-cli generate --skip-validate-spec -g php -i setu.yaml -o setu -p invokerPackage=Setu
require 'vendor/autoload.php'; // composer.json: require guzzlehttp/guzzle, autoload psr-4 {"Setu\\": "setu/lib"}

$baseUrl = getenv('SETU_SANDBOX_BASE_URL');
$tokens = new Setu\Api\TokenApi(config: (new Setu\Configuration())->setHost($baseUrl));
try {
    $data = $tokens->generateToken(new Setu\Model\TokenRequest([
        'client_id' => getenv('SETU_SANDBOX_CLIENT_ID'),
        'secret' => getenv('SETU_SANDBOX_SECRET'),
    ]))->getData();
} catch (Setu\ApiException $error) {
    fwrite(STDERR, "setu: no token, code {$error->getResponseObject()?->getError()->getCode()}\n");
    exit(1);
}
$lifetime = $data->getExpiresIn() > 0 ? $data->getExpiresIn() : 1800;

// The emulator's echo API stands for the API that you want to use.
$headers = ['Authorization' => "Bearer {$data->getToken()}"];
$status = (new GuzzleHttp\Client())->get("$baseUrl/echo", ['headers' => $headers, 'http_errors' => false])->getStatusCode();
echo "setu: a token for $lifetime s, the API responded with $status\n";
