<?php // Needs ./setuaa, made by: openapi-generator-cli generate --skip-validate-spec -g php -i setuaa.yaml -o setuaa -p invokerPackage=Setuaa
require 'vendor/autoload.php'; // composer.json: require guzzlehttp/guzzle, autoload psr-4 {"Setuaa\\": "setuaa/lib"}

$baseUrl = getenv('SETUAA_SANDBOX_BASE_URL');
$tokens = new Setuaa\Api\TokenApi(config: (new Setuaa\Configuration())->setHost($baseUrl));
try {
    $token = $tokens->logIn('bridge', new Setuaa\Model\LoginRequest([
        'client_id' => getenv('SETUAA_SANDBOX_CLIENT_ID'),
        'secret' => getenv('SETUAA_SANDBOX_SECRET'),
        'grant_type' => 'client_credentials',
    ]))->getAccessToken();
} catch (Setuaa\ApiException $error) {
    fwrite(STDERR, "setuaa: no token, code {$error->getResponseObject()?->getErrorCode()}\n");
    exit(1);
}
// The response has no lifetime: that of a JWT is exp - iat, any other is assumed to be 300 s.
$claims = json_decode(base64_decode(strtr(explode('.', $token)[1] ?? '', '-_', '+/')));
$lifetime = (int) (($claims->exp ?? 0) - ($claims->iat ?? 0));
if ($lifetime <= 0) $lifetime = 300;

// The emulator's echo API stands for the API that you want to use.
$headers = ['Authorization' => "Bearer {$token}"];
$status = (new GuzzleHttp\Client())->get("$baseUrl/echo", ['headers' => $headers, 'http_errors' => false])->getStatusCode();
echo "setuaa: a token for $lifetime s, the API responded with $status\n";
